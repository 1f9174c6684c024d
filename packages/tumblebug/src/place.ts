/** Where a group's VMs go: the connection, the spec and the image, each with its reason. Asks clouds, makes nothing. */
import type { CloudQuality } from '@cloud-barista/model/call';
import type { Connection } from '@cloud-barista/model/connection';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Image } from '@cloud-barista/model/image';
import type { GroupInput } from '@cloud-barista/model/mcis';
import { bySize, type Spec } from '@cloud-barista/model/spec';
import { qualityNow } from '@cloud-barista/spider/call-quality';
import { cloudOf } from '@cloud-barista/spider/clouds';
import { getConnection, listConnections } from '@cloud-barista/spider/connections';
import { findImage } from '@cloud-barista/spider/images';
import { findSpec, hasRoom } from '@cloud-barista/spider/specs';
import type { Tumblebug } from './tumblebug.ts';

export interface PlaceCall {
  signal: AbortSignal;
}
interface Choice {
  connection: Connection;
  /** As people know it, e.g. ap-northeast-2. */
  region: string;
  spec: Spec;
  image: Image;
}
export interface Place extends Choice {
  because: string[];
}

export interface Placer {
  /** Knows how many VMs each connection has been given, for `place` to spread by. */
  took(connection: string, vms: number): void;
  place(group: GroupInput): Promise<Place>;
}

const gib = (mib: number) => `${Math.round((mib / 1024) * 100) / 100} GiB`;
const size = ({ cpu, memoryMib }: Spec) => `${cpu} CPU, ${gib(memoryMib)}`;
const cost = ({ price }: Spec) =>
  price ? `, ${Number(price.hourly.toPrecision(4))} ${price.currency} an hour` : '';
/** A CPU weighs as much as 4 GiB, which is about how clouds price them. */
const weight = ({ cpu, memoryMib }: Spec) => cpu * 4096 + memoryMib;

/** Below this score (spider/call-quality.ts) a cloud comes after equals that answer well. */
const poorScore = 50;
const isPoor = (quality: CloudQuality | undefined) => (quality?.score ?? 100) < poorScore;
const percent = (share: number) => `${Math.round(share * 100)} %`;
const qualityText = ({ score, samples, from, failureRate, throttleRate, slowness }: CloudQuality) =>
  `quality ${score} of 100 by ${samples} calls since ${from} (${percent(failureRate)} failed, ${percent(throttleRate)} throttled, ${slowness} × the usual time)`;

/** What the group wants must be something that the cloud can do, and the image be able to start from. */
async function checkCan(
  bug: Tumblebug,
  connection: Connection,
  image: Image,
  group: GroupInput,
  call: PlaceCall,
): Promise<string> {
  const { driver, region } = await cloudOf(bug.spider, connection.name, call.signal);
  const needs = [
    group.userData !== undefined && (['vm.userData', 'userData'] as const),
    group.rootDiskGb !== undefined && (['vm.rootDisk', 'rootDiskGb'] as const),
    (group.rules ?? []).some(rule => rule.direction === 'outbound') &&
      (['securityGroup.outbound', 'rules'] as const),
  ];
  for (const need of needs) {
    if (!need) continue;
    const can = driver.capabilities[need[0]];
    if (can !== true)
      throw new BaristaError('unimplemented', `${driver.name} can't do ${need[0]}: ${can}`, {
        where: need[1],
        next: `Leave ${need[1]} out, or choose another connection.`,
      });
  }
  if (group.rootDiskGb !== undefined && group.rootDiskGb < image.minDiskGb)
    throw new BaristaError(
      'invalid_argument',
      `The image ${image.name} needs a disk of ${image.minDiskGb} GiB.`,
      { where: 'rootDiskGb', next: `Ask for at least ${image.minDiskGb}.` },
    );
  return region;
}

export function openPlacer(bug: Tumblebug, call: PlaceCall): Placer {
  const load = new Map<string, number>();
  /** Groups that want the same of the same connection are looked up once. */
  const known = new Map<string, Promise<Choice>>();

  function choiceAt(connection: Connection, group: GroupInput): Promise<Choice> {
    const { spec, cpu, memoryGb, image, rootDiskGb, userData, rules } = group;
    const key = JSON.stringify([
      connection.name,
      spec,
      cpu,
      memoryGb,
      image,
      rootDiskGb,
      userData !== undefined,
      (rules ?? []).some(rule => rule.direction === 'outbound'),
    ]);
    const found = known.get(key) ?? choose(connection, group);
    known.set(key, found);
    return found;
  }
  async function choose(connection: Connection, group: GroupInput): Promise<Choice> {
    const wanted = {
      ...(group.spec !== undefined && { spec: group.spec }),
      ...(group.cpu !== undefined && { cpu: group.cpu }),
      ...(group.memoryGb !== undefined && { memoryMib: Math.ceil(group.memoryGb * 1024) }),
    };
    const spec = await findSpec(bug.spider, connection.name, wanted, call);
    const architecture = spec.architecture === '' ? undefined : spec.architecture;
    const image = await findImage(bug.spider, connection.name, group.image, architecture, call);
    const region = await checkCan(bug, connection, image, group, call);
    // A root disk of its own size needs none of the spec's.
    if (group.spec !== undefined || group.rootDiskGb !== undefined || hasRoom(spec, image.minDiskGb))
      return { connection, region, spec, image };
    const roomier = { ...wanted, diskGb: image.minDiskGb, architecture: image.architecture };
    return { connection, region, spec: await findSpec(bug.spider, connection.name, roomier, call), image };
  }
  const reasons = (group: GroupInput, { spec, image }: Choice): string[] => [
    group.spec === undefined
      ? `spec ${spec.name}: ${spec.price ? 'cheapest' : 'smallest'} with ${group.cpu ?? 1} CPU and ${group.memoryGb ?? 0} GiB (it has ${size(spec)}${cost(spec)})`
      : `spec ${spec.name}: as asked`,
    image.id === group.image || image.name === group.image
      ? `image ${image.name}: as asked`
      : `image ${image.name}: newest ${group.image}${spec.architecture === '' ? '' : ` for ${spec.architecture}`}`,
  ];

  /**
   * A group without a connection goes where it is cheapest, as far as all clouds tell prices in one currency; else where its smallest
   * fitting spec is smallest. Among equals a cloud that answers badly of late comes last, then to the connection that has the fewest VMs of this MCIS so far, so that equal clouds share.
   */
  async function best(group: GroupInput): Promise<Place> {
    const { items: connections } = await listConnections(bug.spider, { limit: Infinity });
    const choices: Choice[] = [];
    const passed: string[] = [];
    await Promise.all(
      connections.map(async connection => {
        try {
          choices.push(await choiceAt(connection, group));
        } catch (error) {
          if (!(error instanceof BaristaError) || error.code === 'cancelled') throw error;
          passed.push(`${connection.name}: ${error.message}`);
        }
      }),
    );
    passed.sort();
    const qualityOf = new Map(qualityNow(bug.spider).map(quality => [quality.connection, quality]));
    const poor = ({ connection }: Choice) => isPoor(qualityOf.get(connection.name));
    const currencies = new Set(choices.map(({ spec }) => spec.price?.currency));
    const byPrice = currencies.size === 1 && !currencies.has(undefined);
    const worth = ({ spec }: Choice) => (byPrice ? (spec.price?.hourly ?? Infinity) : weight(spec));
    choices.sort(
      (a, b) =>
        worth(a) - worth(b) ||
        Number(poor(a)) - Number(poor(b)) ||
        (load.get(a.connection.name) ?? 0) - (load.get(b.connection.name) ?? 0) ||
        bySize(a.spec, b.spec) ||
        (a.connection.name < b.connection.name ? -1 : 1),
    );
    const [first, second] = choices;
    if (!first)
      throw new BaristaError('failed_precondition', 'No connection fits the group.', {
        next:
          connections.length === 0
            ? 'Make a connection first: barista apply -f examples/connections.yaml'
            : passed.slice(0, 5).join(' '),
      });
    const silent = choices.find(({ spec }) => spec.price === undefined);
    const why = byPrice
      ? []
      : [
          silent
            ? `not by price: ${silent.connection.provider} tells none`
            : `not by price: the clouds tell theirs in ${[...currencies].map(String).sort().join(', ')}`,
        ];
    const next = second ? `, next ${second.connection.name} (${size(second.spec)}${cost(second.spec)})` : '';
    return {
      ...first,
      because: [
        `connection ${first.connection.name}: ${byPrice ? 'cheapest' : 'smallest'} fit of ${choices.length} (${size(first.spec)}${cost(first.spec)})${next}`,
        ...choices.flatMap(choice => {
          const quality = qualityOf.get(choice.connection.name);
          return quality && isPoor(quality) && !poor(first) && worth(choice) === worth(first)
            ? [`after its equals ${choice.connection.name}: ${qualityText(quality)}`]
            : [];
        }),
        ...why,
        ...passed.map(text => `passed over ${text}`),
        ...reasons(group, first),
      ],
    };
  }

  return {
    took: (connection, vms) => void load.set(connection, (load.get(connection) ?? 0) + vms),
    async place(group) {
      if (group.connection === undefined) return best(group);
      const connection = await getConnection(bug.spider, group.connection);
      const choice = await choiceAt(connection, group);
      return {
        ...choice,
        because: [`connection ${connection.name}: as asked`, ...reasons(group, choice)],
      };
    },
  };
}
