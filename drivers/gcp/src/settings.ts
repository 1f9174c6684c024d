/** A credential's and a region's values as this driver uses them; what is missing or malformed is named here. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { CloudConfig } from '@cloud-barista/driver/driver';
import type { KeySpec } from '@cloud-barista/model/connection';
import { BaristaError } from '@cloud-barista/model/errors';

const key = (name: string, required: boolean, description: string): KeySpec => ({
  key: name,
  required,
  description,
});

/** Named as in a service account's JSON key file, in our spelling: project_id, client_email, private_key. */
export const credentialKeys: readonly KeySpec[] = [
  key('projectId', true, 'Project id (project_id of the service account’s key file)'),
  key('clientEmail', true, 'Service account (client_email), e.g. barista@my-project.iam.gserviceaccount.com'),
  key('privateKey', true, 'Its private key as PEM (private_key); line breaks may be written as \\n'),
];

export const regionKeys: readonly KeySpec[] = [
  key('region', true, 'Region, e.g. asia-northeast3'),
  key('zone', false, 'Zone for VMs, e.g. asia-northeast3-a; the region’s first zone that is up where absent'),
  key(
    'tokenUri',
    false,
    'Where access tokens are asked for; https://oauth2.googleapis.com/token where absent',
  ),
];

export interface Settings {
  /** Without a slash at the end, e.g. https://compute.googleapis.com/compute/v1. */
  endpoint: string;
  /** The Cloud Billing API's, e.g. https://cloudbilling.googleapis.com; where prices are read. */
  billing: string;
  tokenUri: string;
  project: string;
  email: string;
  privateKey: KeyObject;
  region: string;
  /** "" where the region's first zone is used. */
  zone: string;
}

const complain = (where: string, message: string, next: string): never => {
  throw new BaristaError('invalid_argument', message, { where, next });
};

function address(text: string, name: string): string {
  const protocol = URL.parse(text)?.protocol;
  if (protocol !== 'http:' && protocol !== 'https:')
    complain(
      `region.${name}`,
      `The region’s ${name} is no http or https address.`,
      'Write it as https://HOST/PATH.',
    );
  return text.replace(/\/+$/, '');
}

/** Never says what the key holds: not even its beginning. */
function readPrivateKey(text: string): KeyObject {
  const next = 'Copy private_key whole from the service account’s JSON key file, from BEGIN to END.';
  const where = 'credential.privateKey';
  let read: KeyObject | undefined;
  try {
    read = createPrivateKey(text.replaceAll('\\r', '').replaceAll('\\n', '\n').trim());
  } catch {
    // OpenSSL's own words may quote the input.
  }
  if (read === undefined)
    return complain(where, 'The GCP credential’s privateKey is no PEM private key.', next);
  if (read.asymmetricKeyType !== 'rsa')
    complain(where, 'The GCP credential’s privateKey is no RSA key.', next);
  return read;
}

/** Google's own hosts, and those of Private Service Connect, speak one API each; any other endpoint stands for all of them. */
const billingOf = (endpoint: string): string =>
  /(^|\.)googleapis\.com$/.test(new URL(endpoint).hostname)
    ? 'https://cloudbilling.googleapis.com'
    : endpoint.replace(/\/compute\/v1$/, '');

export function readSettings({ credential, region }: CloudConfig): Settings {
  const wanted = (values: Readonly<Record<string, string>>, part: string, name: string): string =>
    values[name] ||
    complain(`${part}.${name}`, `The GCP ${part} has no ${name}.`, `Give ${name} in the ${part}.`);
  const endpoint = address(region['endpoint'] || 'https://compute.googleapis.com/compute/v1', 'endpoint');
  return {
    endpoint,
    billing: billingOf(endpoint),
    tokenUri: address(region['tokenUri'] || 'https://oauth2.googleapis.com/token', 'tokenUri'),
    project: wanted(credential, 'credential', 'projectId'),
    email: wanted(credential, 'credential', 'clientEmail'),
    privateKey: readPrivateKey(wanted(credential, 'credential', 'privateKey')),
    region: wanted(region, 'region', 'region'),
    zone: region['zone'] ?? '',
  };
}
