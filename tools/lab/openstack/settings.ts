/** What every part of the lab knows: where it lies, its addresses, its users. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = fileURLToPath(new URL('.', import.meta.url));

/** What OpenStack of which Debian it is; the names of runs and the matrix's column. */
export const release = { openstack: 'Zed', debian: 'bookworm', run: 'openstack-zed' } as const;

export const hypervisors = ['qemu', 'kvm', 'fake'] as const;
export type Hypervisor = (typeof hypervisors)[number];

/** Fixed, so that a connection made once fits again: inside and outside end of the wire, and the floating IPs' block. */
export const addresses = {
  link: 'barista-os',
  outside: '10.78.0.1',
  inside: '10.78.0.2',
  wire: '10.78.0.0/24',
  gateway: '172.24.4.1',
  floating: '172.24.4.0/24',
} as const;
/** Of a cloud that nobody reaches but from this computer. */
export const password = 'secret';
export const authUrl = `http://${addresses.inside}:5000/v3`;

export interface Places {
  dir: string;
  /** The unpacked packages, only read once made. */
  base: string;
  /** Says from what `base` was made; written last. */
  stamp: string;
  /** All that one run writes. */
  run: string;
  /** The number of the machine's first process, outside. */
  pid: string;
  log: string;
  /** Written once it is up: for programs, and for `barista apply`. */
  values: string;
  documents: string;
}

export function placesIn(dir: string | undefined): Places {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const at = resolve(dir ?? join(cache, 'cloud-barista', 'lab', 'openstack'));
  const run = join(at, 'run');
  return {
    dir: at,
    base: join(at, 'base'),
    stamp: join(at, 'base.stamp'),
    run,
    pid: join(run, 'pid'),
    log: join(run, 'up.log'),
    values: join(run, 'connection.json'),
    documents: join(run, 'openstack-lab.yaml'),
  };
}

/** As `POST /v1/credentials` and `/v1/regions` take them. */
export const connection = {
  driver: 'openstack',
  credential: { authUrl, username: 'barista', password, project: 'barista', domain: 'Default' },
  region: { region: 'RegionOne', externalNetwork: 'public' },
} as const;

/** For OpenStack's own clients: the ordinary user, or the cloud's administrator. */
export const clientEnv = (user: 'barista' | 'admin'): Record<string, string> => ({
  OS_AUTH_URL: authUrl,
  OS_USERNAME: user,
  OS_PASSWORD: password,
  OS_PROJECT_NAME: user,
  OS_USER_DOMAIN_NAME: 'Default',
  OS_PROJECT_DOMAIN_NAME: 'Default',
  OS_IDENTITY_API_VERSION: '3',
  OS_REGION_NAME: 'RegionOne',
});

/** For the driver's suite (drivers/openstack/test/real.ts). */
export const suiteEnv: Record<string, string> = {
  BARISTA_TEST_OPENSTACK_AUTH_URL: authUrl,
  BARISTA_TEST_OPENSTACK_USERNAME: 'barista',
  BARISTA_TEST_OPENSTACK_PASSWORD: password,
  BARISTA_TEST_OPENSTACK_PROJECT: 'barista',
  BARISTA_TEST_OPENSTACK_REGION: 'RegionOne',
  BARISTA_TEST_OPENSTACK_IMAGE: 'debian-12-tiny',
  BARISTA_TEST_OPENSTACK_FLAVOR: 'm1.nano',
  BARISTA_TEST_OPENSTACK_NAME: `a real OpenStack ${release.openstack}`,
};
