/** The Alibaba Cloud driver before the judge, on Cloud-Twin: in one zone, with states that take a moment. */
import { driverSuite } from '@cloud-barista/suite/driver/suite';
import { openTwin } from './twin.ts';

driverSuite('alibaba on Cloud-Twin, in one zone', openTwin(20, 'ap-northeast-2a'));
