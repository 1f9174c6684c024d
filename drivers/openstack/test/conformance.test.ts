/** OpenStack before the judge, on Cloud-Twin: with states that take a moment. */
import { driverSuite } from '@cloud-barista/suite/driver/suite';
import { openTwin } from './twin.ts';

driverSuite('openstack on Cloud-Twin', openTwin(20));
