/**
 * Answers of a plug-in, looked at before anybody above works with them: the fields that must be there and of their kind. What is wrong
 * is told as the driver's fault, by its name. Methods that this table does not know pass as they are.
 */
import type { PageCall } from '@cloud-barista/driver/call';
import { customImageStates } from '@cloud-barista/model/custom-image';
import { diskStates } from '@cloud-barista/model/disk';
import { BaristaError } from '@cloud-barista/model/errors';
import { vmStates } from '@cloud-barista/model/state';

/** What is wrong, or undefined. */
type Check = (value: unknown, at: string) => string | undefined;

const show = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 60);
const kind =
  (what: string, fits: (value: unknown) => boolean): Check =>
  (value, at) =>
    fits(value) ? undefined : `${at} is ${show(value)}, not ${what}`;

const text = kind('a text', value => typeof value === 'string');
const id = kind('an id', value => typeof value === 'string' && value !== '' && value.length <= 2048);
const number = kind('a number', value => typeof value === 'number' && Number.isFinite(value) && value >= 0);
const flag = kind('true or false', value => typeof value === 'boolean');
const time = kind('a time', value => typeof value === 'string' && !Number.isNaN(Date.parse(value)));
const timeOrNone: Check = (value, at) => (value === '' ? undefined : time(value, at));
const oneOf = (words: readonly string[]) =>
  kind(`one of ${words.join(', ')}`, value => typeof value === 'string' && words.includes(value));
const maybe =
  (check: Check): Check =>
  (value, at) =>
    value === undefined ? undefined : check(value, at);
const list =
  (check: Check): Check =>
  (value, at) => {
    if (!Array.isArray(value)) return `${at} is ${show(value)}, not a list`;
    for (const [index, item] of value.entries()) {
      const wrong = check(item, `${at}[${index}]`);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
const object =
  (fields: Record<string, Check>): Check =>
  (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return `${at} is ${show(value)}, not an object`;
    for (const field in fields) {
      const wrong = fields[field]?.((value as Record<string, unknown>)[field], `${at}.${field}`);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
const page = (item: Check): Check => object({ items: list(item), next: maybe(id) });

const architecture = oneOf(['x86_64', 'arm64', '']);
const image = object({
  id,
  name: text,
  os: text,
  osVersion: text,
  architecture,
  user: text,
  available: flag,
  created: timeOrNone,
  minDiskGb: number,
});
const spec = object({
  id,
  name: text,
  cpu: number,
  memoryMib: number,
  diskGb: number,
  architecture,
  gpus: list(object({ count: number, vendor: text, model: text, memoryMib: number })),
});
const subnet = object({ id, name: text, cidr: text, zone: text });
const vpc = object({ id, name: text, cidr: text, subnets: list(subnet), token: maybe(text) });
const rule = object({
  direction: oneOf(['inbound', 'outbound']),
  protocol: oneOf(['tcp', 'udp', 'icmp', 'all']),
  fromPort: maybe(number),
  toPort: maybe(number),
  cidr: text,
});
const group = object({ id, name: text, vpc: text, rules: list(rule), token: maybe(text) });
const keyPair = object({ id, name: text, token: maybe(text) });
const vm = object({
  id,
  name: text,
  state: oneOf(vmStates),
  image: text,
  spec: text,
  vpc: text,
  subnet: text,
  securityGroups: list(text),
  keyPair: text,
  zone: text,
  publicIp: text,
  privateIp: text,
  created: time,
  ssh: maybe(object({ host: text, port: number })),
  token: maybe(text),
});
const disk = object({
  id,
  name: text,
  state: oneOf(diskStates),
  type: text,
  sizeGb: number,
  zone: text,
  vm: text,
  device: text,
  created: timeOrNone,
  token: maybe(text),
});
const customImage = object({
  id,
  name: text,
  state: oneOf(customImageStates),
  sizeGb: number,
  created: timeOrNone,
  token: maybe(text),
});
const publicIp = object({ id, name: text, address: text, vm: text, token: maybe(text) });

const both = (item: Check) => ({ create: item, get: item, list: page(item) });
const nouns: Record<string, Record<string, Check>> = {
  images: { get: image, list: page(image) },
  specs: { get: spec, list: page(spec) },
  vpcs: { ...both(vpc), addSubnet: subnet },
  securityGroups: both(group),
  keyPairs: both(keyPair),
  vms: { ...both(vm), complete: vm, getMany: list(vm) },
  disks: both(disk),
  customImages: both(customImage),
  publicIps: both(publicIp),
  regions: { list: list(object({ id })) },
  prices: { get: list(object({ spec: id, hourly: number, currency: text })) },
};
const placed = object({
  region: kind('a name', value => typeof value === 'string' && value !== ''),
  zone: text,
});
const table = new Map<string, Check>([
  ...Object.entries(nouns).flatMap(([noun, verbs]) =>
    Object.entries(verbs).map(([verb, check]): [string, Check] => [`${noun}.${verb}`, check]),
  ),
  ['findMarked', list(id)],
  ['regionOf', placed],
]);

/** Throws `internal`, naming the driver, where the answer of `path` is not what the contract says. */
export function checkAnswer(driver: string, path: string, call: unknown, answer: unknown): void {
  let wrong = table.get(path)?.(answer, path);
  if (wrong === undefined && isPage(answer) && isPageCall(call)) {
    const { items, next } = answer;
    if (items.length > call.limit)
      wrong = `${path} gave ${items.length} items where ${call.limit} were asked for`;
    else if (next !== undefined && next === call.cursor)
      wrong = `${path} gave the cursor that it was given, which would never end`;
  }
  if (wrong === undefined) return;
  throw new BaristaError('internal', `The driver ${JSON.stringify(driver)} answered wrongly: ${wrong}.`, {
    next: 'This is a fault of the driver: tell who made it.',
  });
}
const isPage = (answer: unknown): answer is { items: unknown[]; next?: unknown } =>
  typeof answer === 'object' && answer !== null && 'items' in answer && Array.isArray(answer.items);
const isPageCall = (call: unknown): call is PageCall =>
  typeof call === 'object' && call !== null && 'limit' in call && typeof call.limit === 'number';
