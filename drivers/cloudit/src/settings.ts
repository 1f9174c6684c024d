/** What a credential and a region of Cloudit hold. */
import type { CloudConfig } from '@cloud-barista/driver/driver';
import { parseAddress } from '@cloud-barista/model/cidr';
import type { KeySpec } from '@cloud-barista/model/connection';
import { BaristaError } from '@cloud-barista/model/errors';

export const credentialKeys: readonly KeySpec[] = [
  { key: 'identityEndpoint', required: true, description: 'Base URL, e.g. http://HOST:9090' },
  { key: 'authToken', required: true, description: 'The long-lived token of the tenant (X-Auth-Token)' },
  { key: 'tenantId', required: true, description: 'Tenant, e.g. tnt0009' },
  {
    key: 'clusterId',
    required: false,
    description: "The cluster's name, e.g. CL; the first where it is left out",
  },
  { key: 'username', required: false, description: 'Known to the portal; the API does not ask for it' },
  { key: 'password', required: false, description: 'Known to the portal; the API does not ask for it' },
];
export const regionKeys: readonly KeySpec[] = [
  {
    key: 'region',
    required: false,
    description: 'A word of your own: Cloudit has no regions; default: default',
  },
];

export interface Settings {
  /** Without a slash at its end. */
  base: string;
  token: string;
  tenant: string;
  /** "": the first. */
  cluster: string;
  /** Where SSH of a VM at `address` answers (model/connection.ts). */
  sshAt(address: string): { host: string; port: number };
}

export function readSettings({ credential, region }: CloudConfig): Settings {
  const [via = '', viaPort = ''] = (region['sshVia'] ?? '').split(':');
  const port = Number(region['sshPort'] ?? 22);
  return {
    base:
      region['endpoint'] === undefined
        ? url(credential['identityEndpoint'] ?? '', 'credential.identityEndpoint')
        : url(region['endpoint'], 'region.endpoint'),
    token: header(credential['authToken'] ?? '', 'credential.authToken'),
    tenant: credential['tenantId'] ?? '',
    cluster: credential['clusterId'] ?? '',
    sshAt: address =>
      via === ''
        ? { host: address, port }
        : { host: via, port: Number(viaPort) + ((parseAddress(address) ?? 0) & 0x7fff) },
  };
}

function url(text: string, where: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))
    return new URL(text).href.replace(/[?#].*$/, '').replace(/\/+$/, '');
  throw new BaristaError(
    'invalid_argument',
    `The endpoint ${JSON.stringify(text.slice(0, 200))} is not an http or https URL.`,
    { next: 'Write it as http://HOST:PORT.', where },
  );
}

function header(text: string, where: string): string {
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new BaristaError('invalid_argument', 'The token has blanks or characters that no header carries.', {
    next: 'Copy it again, without line breaks.',
    where,
  });
}
