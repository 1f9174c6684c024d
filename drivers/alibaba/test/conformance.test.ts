/** The Alibaba Cloud driver before the judge, on Cloud-Twin, with the zone left open. */
import { driverSuite } from '@cloud-barista/suite/driver/suite';
import { openTwin } from './twin.ts';

driverSuite('alibaba on Cloud-Twin', openTwin(0, ''));
