/** The Cloudit driver before the judge, on Cloud-Twin. */
import { driverSuite } from '@cloud-barista/suite/driver/suite';
import { openTwin } from './twin.ts';

driverSuite('cloudit on Cloud-Twin', openTwin(0));
