/**
 * The world: everything that the emulated clouds share – clock, chance, faults, public addresses, machines – and the list of
 * clouds. Wires (wire/<cloud>/) speak each cloud's own API over it.
 */
import { BaristaError } from '@cloud-barista/model/errors';
import { suggest } from '@cloud-barista/model/nearest';
import { createAddresses, type Addresses } from './addresses.ts';
import { makeCloud, type Cloud, type CloudInput, type CloudKind } from './clouds.ts';
import { createFaults, type Faults } from './faults.ts';
import { createMachines, machineKey, type Hypervisor, type Machine, type Machines } from './machines.ts';
import { seededRandom, type Random } from './random.ts';
import { createReplay, type Replay } from './replay.ts';
import { wireKinds } from '../wires.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a folder of wire/ gives the Twin, all of it; wires.ts lists them. */
export interface WireKind {
  /** Also the name of the Cloud-Barista driver that meets it. */
  readonly kind: CloudKind;
  /** Where on the Twin's port it answers, as a person should read it, e.g. `EC2 answers at /`. */
  readonly place: string;
  /** Of a cloud that is added without naming any. */
  readonly regions: readonly string[];
  /** Of a cloud that is added without any: made from its name by `digest` (clouds.ts), so always the same. */
  credentials(name: string): Record<string, string>;
  /** The defaults, by the wire's own names, per region; a cloud may override each. */
  readonly quotas: Readonly<Record<string, number>>;
  /** All operations by the names that fault rules know them by. docs/cloud-twin.md lists them. */
  readonly operations: readonly string[];
  /** The cloud's error of the code word that a recorded call failed with; undefined where its words alone don't make one. */
  recordedError?(recorded: RecordedError): Error | undefined;
  open(world: World): Wire;
}

export interface RecordedError {
  /** The cloud's own code word. */
  cause: string;
  /** What it is usually answered with, for clouds whose words have no status of their own. */
  status: number;
  message: string;
  /** A quota or a lack of capacity. */
  quota?: boolean;
}

/** One cloud's API. `state` lives in the wire, made at first use of a cloud and region. */
export interface Wire {
  readonly kind: CloudKind;
  /** True where the request is this wire's: EC2 by its SigV4 scope and form body, OpenStack by the path `/openstack/<cloud>/`. */
  matches(request: IncomingMessage): boolean;
  /** Answers; never throws. `body` is whole, bounded by the server. */
  handle(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void>;
  /** Ground truth: what stands in the cloud, by the wire's nouns, e.g. { vpcs: 1, subnets: 2, instances: 3 }; what every account has by itself (default VPC, default groups) left out. */
  counts(cloud: Cloud): Record<string, number>;
  /** Forgets all of the cloud's resources, machines included. */
  reset(cloud: Cloud): void;
  /** The shell variables with which the vendor's own CLI talks to the cloud, e.g. AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID. */
  env(cloud: Cloud, base: string): Record<string, string>;
  /** The values that a Cloud-Barista credential and region of this cloud carry (our drivers' keys). `base` is http://host:port. */
  connection(
    cloud: Cloud,
    region: string,
    base: string,
  ): { credential: Record<string, string>; region: Record<string, string> };
}

export interface World {
  readonly now: () => number;
  readonly random: Random;
  readonly faults: Faults;
  readonly replay: Replay;
  readonly addresses: Addresses;
  readonly machines: Machines;
  readonly kinds: readonly WireKind[];
  /** A bug of the Twin's own is the operator's to see; the client gets the cloud's words for a 500. */
  readonly onError: (error: unknown) => void;
  /** By the order they were added. */
  clouds(kind?: CloudKind): Cloud[];
  /** not_found, naming the nearest. */
  cloud(name: string): Cloud;
  addCloud(input: CloudInput): Cloud;
  removeCloud(name: string): void;
  /** Set once, when guests are up; without it machines have states but nothing runs on them. */
  setHypervisor(hypervisor: Hypervisor): void;
}

export interface WorldOptions {
  seed?: string;
  now?: () => number;
  onError?: (error: unknown) => void;
  /** Default: all of wires.ts. */
  kinds?: readonly WireKind[];
}

export function createWorld({
  seed = 'twin',
  now = Date.now,
  onError = () => {},
  kinds = wireKinds,
}: WorldOptions = {}): World {
  const random = seededRandom(seed);
  const replay = createReplay();
  const addresses = createAddresses();
  const clouds = new Map<string, Cloud>();
  let hypervisor: Hypervisor | undefined;
  const machines = createMachines({ now, addresses, hypervisor: () => hypervisor, onError });

  const find = (name: string): Cloud => {
    const cloud = clouds.get(name);
    if (cloud) return cloud;
    throw new BaristaError('not_found', `The Twin has no cloud ${JSON.stringify(name)}.`, {
      next: suggest(name, clouds.keys(), 'List them: barista twin clouds'),
    });
  };

  return {
    now,
    random,
    faults: createFaults(random, replay),
    replay,
    addresses,
    machines,
    kinds,
    onError,
    clouds: kind => [...clouds.values()].filter(cloud => kind === undefined || cloud.kind === kind),
    cloud: find,
    addCloud(input) {
      const cloud = makeCloud(input, kinds);
      if (clouds.has(cloud.name))
        throw new BaristaError(
          'already_exists',
          `The Twin already has a cloud ${JSON.stringify(cloud.name)}.`,
          {
            next: 'Choose another name, or remove that one first.',
          },
        );
      clouds.set(cloud.name, cloud);
      return cloud;
    },
    removeCloud(name) {
      find(name);
      clouds.delete(name);
      replay.clear(name);
    },
    setHypervisor(next) {
      hypervisor = next;
    },
  };
}

export { machineKey, type Machine };
