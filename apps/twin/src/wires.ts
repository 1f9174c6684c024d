/** The wires that this Twin speaks: the one line to add for a cloud. */
import { alibaba } from './wire/alibaba/wire.ts';
import { aws } from './wire/aws/wire.ts';
import { azure } from './wire/azure/wire.ts';
import { cloudit } from './wire/cloudit/wire.ts';
import { gcp } from './wire/gcp/wire.ts';
import { openstack } from './wire/openstack/wire.ts';
import type { WireKind } from './world/world.ts';

export const wireKinds: readonly WireKind[] = [aws, openstack, azure, gcp, alibaba, cloudit];
