/** Google Cloud before the judge, on Cloud-Twin: all zones of a region, with states that take a moment. */
import { driverSuite } from '@cloud-barista/suite/driver/suite';
import { openTwin } from './twin.ts';

driverSuite('gcp on Cloud-Twin', openTwin(20, ''));
