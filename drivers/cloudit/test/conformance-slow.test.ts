/** The Cloudit driver before the judge, on Cloud-Twin, with states that take a moment. */
import { driverSuite } from '@cloud-barista/suite/driver/suite';
import { openTwin } from './twin.ts';

driverSuite('cloudit on Cloud-Twin, taking its time', openTwin(20));
