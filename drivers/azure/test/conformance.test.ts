/** The Azure driver before the judge, on Cloud-Twin: without a zone, and in one zone. */
import { driverSuite } from '@cloud-barista/suite/driver/suite';
import { openTwin } from './twin.ts';

driverSuite('azure on Cloud-Twin', openTwin(''));
driverSuite('azure on Cloud-Twin, in one zone', openTwin('1'));
