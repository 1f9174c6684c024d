/** The clouds that the Twin holds: one account each, with its credentials, regions, quotas and delays. */
import { createHash } from 'node:crypto';
import { BaristaError } from '@cloud-barista/model/errors';

export const cloudKinds = ['aws', 'openstack'] as const;
export type CloudKind = (typeof cloudKinds)[number];

/** How long a VM takes, in milliseconds. */
export interface Delays {
  create: number;
  start: number;
  stop: number;
  reboot: number;
  terminate: number;
}
export const defaultDelays: Delays = { create: 300, start: 200, stop: 200, reboot: 200, terminate: 200 };

export interface CloudInput {
  name: string;
  kind: CloudKind;
  regions?: string[];
  delays?: Partial<Delays>;
  /** Overrides of the wire's default quotas, by the wire's own names, per region. */
  quotas?: Record<string, number>;
  /** Credentials; made from the name where absent. */
  credentials?: Record<string, string>;
}

export interface Cloud {
  readonly name: string;
  readonly kind: CloudKind;
  readonly regions: string[];
  readonly delays: Delays;
  readonly quotas: Record<string, number>;
  /** aws: accessKeyId, secretAccessKey, accountId. openstack: username, password, project, domain. */
  readonly credentials: Readonly<Record<string, string>>;
}

export const defaultRegions = {
  aws: ['ap-northeast-2', 'us-east-1', 'us-west-2', 'eu-west-1'],
  openstack: ['RegionOne'],
} as const satisfies Record<CloudKind, readonly string[]>;

const digest = (text: string) => createHash('sha256').update(`twin/${text}`).digest();
const defaultCredentials: Record<CloudKind, (name: string) => Record<string, string>> = {
  aws: name => ({
    accessKeyId: `AKIA${digest(`${name}/id`).toString('hex').toUpperCase().slice(0, 16)}`,
    secretAccessKey: digest(`${name}/secret`).toString('base64url').slice(0, 40),
    accountId: (digest(`${name}/account`).readUIntBE(0, 6) % 1e12).toString().padStart(12, '0'),
  }),
  openstack: name => ({
    username: 'admin',
    password: digest(`${name}/password`).toString('base64url').slice(0, 24),
    project: 'demo',
    domain: 'Default',
  }),
};

export function makeCloud(input: CloudInput): Cloud {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(input.name))
    throw new BaristaError('invalid_argument', `${JSON.stringify(input.name)} is no name for a cloud.`, {
      next: 'Use lower-case letters, digits and hyphens.',
      where: 'name',
    });
  return {
    name: input.name,
    kind: input.kind,
    regions: [...(input.regions ?? defaultRegions[input.kind])],
    delays: { ...defaultDelays, ...input.delays },
    quotas: { ...input.quotas },
    credentials: { ...defaultCredentials[input.kind](input.name), ...input.credentials },
  };
}
