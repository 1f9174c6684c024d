/** A credential's and a region's values as this driver uses them; what is missing or malformed is named here. */
import { BaristaError } from '@cloud-barista/model/errors';
import type { KeySpec } from '@cloud-barista/model/connection';
import type { CloudConfig } from '@cloud-barista/driver/driver';

const key = (name: string, required: boolean, description: string): KeySpec => ({
  key: name,
  required,
  description,
});

export const credentialKeys: readonly KeySpec[] = [
  key('authUrl', true, 'Keystone’s address (OS_AUTH_URL), e.g. https://cloud.example:5000/v3'),
  key('username', false, 'User (OS_USERNAME); needed unless an application credential is given'),
  key('password', false, 'Password (OS_PASSWORD); needed unless an application credential is given'),
  key(
    'project',
    false,
    'Project name (OS_PROJECT_NAME); needed unless projectId or an application credential is given',
  ),
  key('projectId', false, 'Project id (OS_PROJECT_ID) instead of the name'),
  key('domain', false, 'Domain name of the user and the project (OS_USER_DOMAIN_NAME); Default where absent'),
  key('projectDomain', false, 'Domain name of the project where it is another (OS_PROJECT_DOMAIN_NAME)'),
  key(
    'applicationCredentialId',
    false,
    'Application credential (OS_APPLICATION_CREDENTIAL_ID) instead of a user',
  ),
  key('applicationCredentialSecret', false, 'Its secret (OS_APPLICATION_CREDENTIAL_SECRET)'),
];

export const regionKeys: readonly KeySpec[] = [
  key('region', true, 'Region name in Keystone’s catalog, e.g. RegionOne'),
  key('zone', false, 'Availability zone of Nova; the cloud chooses where absent'),
  key(
    'externalNetwork',
    false,
    'Name or id of the external network for routers and floating IPs; the default one where absent',
  ),
  key('interface', false, 'Which of the catalog’s endpoints: public (default), internal or admin'),
];

export interface Settings {
  /** Ends in /v3. */
  authUrl: string;
  /** The `auth` object of POST /v3/auth/tokens. */
  auth: Record<string, unknown>;
  region: string;
  zone: string;
  externalNetwork: string;
  interface: string;
  /** What no error may contain. */
  secrets: readonly string[];
}

const interfaces = ['public', 'internal', 'admin'];

export function readSettings({ credential, region }: CloudConfig): Settings {
  const wanted = (name: string): string => {
    const value = credential[name];
    if (value !== undefined && value !== '') return value;
    throw new BaristaError('invalid_argument', `The OpenStack credential has no ${name}.`, {
      next: 'Give username, password and project, or applicationCredentialId and applicationCredentialSecret.',
      where: `credential.${name}`,
    });
  };
  const side = region['interface'] || 'public';
  if (!interfaces.includes(side))
    throw new BaristaError(
      'invalid_argument',
      `${JSON.stringify(side)} is no interface of an OpenStack catalog.`,
      {
        next: `Use one of ${interfaces.join(', ')}.`,
        where: 'region.interface',
      },
    );
  const byApplication = Boolean(
    credential['applicationCredentialId'] || credential['applicationCredentialSecret'],
  );
  const domain = credential['domain'] || 'Default';
  return {
    authUrl: keystoneUrl(region['endpoint'] || wanted('authUrl')),
    auth: byApplication
      ? {
          identity: {
            methods: ['application_credential'],
            application_credential: {
              id: wanted('applicationCredentialId'),
              secret: wanted('applicationCredentialSecret'),
            },
          },
        }
      : {
          identity: {
            methods: ['password'],
            password: {
              user: { name: wanted('username'), domain: { name: domain }, password: wanted('password') },
            },
          },
          scope: {
            project: credential['projectId']
              ? { id: credential['projectId'] }
              : { name: wanted('project'), domain: { name: credential['projectDomain'] || domain } },
          },
        },
    region: region['region'] ?? '',
    zone: region['zone'] ?? '',
    externalNetwork: region['externalNetwork'] ?? '',
    interface: side,
    secrets: [credential['password'] ?? '', credential['applicationCredentialSecret'] ?? ''].filter(Boolean),
  };
}

/** People give the address with and without its version, and some still with v2.0. */
function keystoneUrl(text: string): string {
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? ''))
    throw new BaristaError(
      'invalid_argument',
      'The OpenStack credential’s authUrl is no http or https address.',
      {
        next: 'Write it as https://HOST:5000/v3.',
        where: 'credential.authUrl',
      },
    );
  return `${text.replace(/\/+$/, '').replace(/\/v(2\.0|3)$/, '')}/v3`;
}
