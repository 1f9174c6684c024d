/** Google Cloud before the judge, on Cloud-Twin: in one zone, and as fast as may be. In a file of its own, to run beside the other. */
import { driverSuite } from '@cloud-barista/suite/driver/suite';
import { openTwin } from './twin.ts';

driverSuite('gcp on Cloud-Twin, in one zone', openTwin(0, 'asia-northeast3-b'));
