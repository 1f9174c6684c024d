/** Ids: their form, and EC2's errors for one that is malformed or names nothing. Source: EC2 API reference, error codes. */
import { Ec2Error } from './errors.ts';

const kinds = {
  vpc: { prefix: 'vpc', code: 'InvalidVpcID', noun: 'vpc' },
  subnet: { prefix: 'subnet', code: 'InvalidSubnetID', noun: 'subnet' },
  gateway: { prefix: 'igw', code: 'InvalidInternetGatewayID', noun: 'internetGateway' },
  routeTable: { prefix: 'rtb', code: 'InvalidRouteTableID', noun: 'routeTable' },
  acl: { prefix: 'acl', code: 'InvalidNetworkAclID', noun: 'networkAcl' },
  instance: { prefix: 'i', code: 'InvalidInstanceID', noun: 'instance' },
  interface: { prefix: 'eni', code: 'InvalidNetworkInterfaceID', noun: 'networkInterface' },
  address: { prefix: 'eipalloc', code: 'InvalidAllocationID', noun: 'allocation' },
  dhcpOptions: { prefix: 'dopt', code: 'InvalidDhcpOptionID', noun: 'dhcpOptions' },
  securityGroup: { prefix: 'sg', code: 'InvalidGroup', noun: 'security group' },
  rule: { prefix: 'sgr', code: 'InvalidSecurityGroupRuleId', noun: 'security group rule' },
  image: { prefix: 'ami', code: 'InvalidAMIID', noun: 'image' },
  volume: { prefix: 'vol', code: 'InvalidVolume', noun: 'volume' },
  snapshot: { prefix: 'snap', code: 'InvalidSnapshot', noun: 'snapshot' },
  keyPair: { prefix: 'key', code: 'InvalidKeyPair', noun: 'key pair' },
} as const;
export type IdKind = keyof typeof kinds;

const byPrefix = new Map(Object.entries(kinds).map(([kind, { prefix }]) => [prefix, kind as IdKind]));

/** What the id names by its prefix; undefined for ids inside others (associations, reservations). */
export const kindOf = (id: string): IdKind | undefined =>
  byPrefix.get(id.slice(0, id.lastIndexOf('-')) as never);

const missingText: Partial<Record<IdKind, (ids: string) => string>> = {
  securityGroup: id => `The security group '${id}' does not exist`,
  image: id => `The image id '[${id}]' does not exist`,
  volume: id => `The volume '${id}' does not exist.`,
  snapshot: id => `The snapshot '${id}' does not exist.`,
  keyPair: id => `The key pair '${id}' does not exist`,
};

/** Codes that do not follow the rule "code of the id + .Malformed". */
const malformedCodes: Partial<Record<IdKind, string>> = {
  securityGroup: 'InvalidGroupId.Malformed',
  volume: 'InvalidParameterValue',
  snapshot: 'InvalidParameterValue',
};

export function notFound(kind: IdKind, ...ids: string[]): Ec2Error {
  const { code, noun } = kinds[kind];
  const list = ids.join(', ');
  const many = ids.length > 1;
  const text =
    missingText[kind]?.(list) ?? `The ${noun} ID${many ? 's' : ''} '${list}' do${many ? '' : 'es'} not exist`;
  return new Ec2Error(`${code}.NotFound`, text);
}

/** Ids are a prefix and 8 or 17 hexadecimal digits. */
export function checkId(kind: IdKind, id: string): void {
  const { prefix, code } = kinds[kind];
  const digits = id.startsWith(`${prefix}-`) ? id.slice(prefix.length + 1) : '';
  if (/^(?:[0-9a-f]{8}|[0-9a-f]{17})$/.test(digits)) return;
  const expecting = kind === 'instance' ? '' : ` (expecting "${prefix}-...")`;
  throw new Ec2Error(malformedCodes[kind] ?? `${code}.Malformed`, `Invalid id: "${id}"${expecting}`);
}

/** The record with that id. */
export function lookup<T>(records: ReadonlyMap<string, T>, kind: IdKind, id: string): T {
  const record = records.get(id);
  if (record !== undefined) return record;
  checkId(kind, id);
  throw notFound(kind, id);
}

/** The records with those ids, each once, ordered as created; all where none is asked for. */
export function select<T extends { readonly n: number }>(
  records: ReadonlyMap<string, T>,
  kind: IdKind,
  ids: readonly string[],
): T[] {
  if (ids.length === 0) return [...records.values()];
  const unknown = ids.filter(id => !records.has(id));
  for (const id of unknown) checkId(kind, id);
  if (unknown.length > 0) throw notFound(kind, ...unknown);
  const found = new Set<T>();
  for (const id of ids) {
    const record = records.get(id);
    if (record) found.add(record);
  }
  return [...found].sort((a, b) => a.n - b.n);
}
