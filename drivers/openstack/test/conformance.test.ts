/** OpenStack before the judge: a real one where the environment names one (test/real.ts), else on Cloud-Twin, with states that take a moment. */
import { driverSuite } from '@cloud-barista/suite/driver/suite';
import { openReal, realName } from './real.ts';
import { openTwin } from './twin.ts';

if (realName === undefined) driverSuite('openstack on Cloud-Twin', openTwin(20));
else driverSuite(realName, openReal);
