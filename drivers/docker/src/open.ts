/**
 * Docker: a container is a VM too. The Engine API is spoken directly: over a socket it is a dozen JSON calls, where the known
 * client brings an SSH and a gRPC stack along. The image must run an SSH server; its login user stands in its label
 * `org.cloud-barista.user` (else root).
 */
import { contractVersion, type Driver } from '@cloud-barista/driver/driver';
import type { NameRule } from '@cloud-barista/model/names';
import { openEngine } from './engine.ts';
import { classify } from './errors.ts';
import { createImages } from './images.ts';
import { createKeyPairs } from './key-pairs.ts';
import { listMarks } from './marks.ts';
import { createSecurityGroups } from './security-groups.ts';
import { createSpecs } from './specs.ts';
import { createVms, marked } from './vms.ts';
import { createVpcs } from './vpcs.ts';

/** The engine's names are unique, and so are the names of the volumes and networks that stand for our nouns. */
const name: NameRule = { maxLength: 63, pattern: '^[a-z0-9][a-z0-9-]{0,62}$', unique: true };

export const driver: Driver = {
  name: 'docker',
  provider: 'DOCKER',
  contract: contractVersion,
  credentialKeys: [
    {
      key: 'host',
      required: true,
      description: 'unix:///var/run/docker.sock, tcp://HOST:2375, or tcp://HOST:2376 with ca, cert and key',
    },
    { key: 'ca', required: false, description: "PEM of the authority that signed the engine's certificate" },
    { key: 'cert', required: false, description: 'PEM of our certificate' },
    { key: 'key', required: false, description: 'PEM of our private key' },
  ],
  regionKeys: [{ key: 'region', required: false, description: 'Any word for the host; default: default' }],
  names: { vpc: name, subnet: name, 'security-group': name, 'key-pair': name, vm: name },
  capabilities: {
    'vm.suspend': true,
    'vm.reboot': true,
    'vm.userData': true,
    'vm.rootDisk': "A container's disk is its host's; it has no size of its own.",
    'vpc.cidr': true,
    'vpc.addSubnet': true,
    'securityGroup.outbound': true,
    'securityGroup.enforced': 'Docker lets all traffic through between a container and its network.',
    'region.list': 'The driver does not speak of it yet.',
    'spec.price': 'The driver does not speak of it yet.',
    'tag.vpc': 'The driver does not speak of it yet.',
    'tag.securityGroup': 'The driver does not speak of it yet.',
    'tag.keyPair': 'The driver does not speak of it yet.',
    'tag.vm': 'The driver does not speak of it yet.',
    'tag.disk': 'The driver does not speak of it yet.',
    disk: 'The driver does not speak of it yet.',
    'disk.resize': 'The driver does not speak of it yet.',
    customImage: 'The driver does not speak of it yet.',
    publicIp: 'The driver does not speak of it yet.',
    'securityGroup.changeRules': "Docker can't change what a group is kept in: make another group.",
  },
  regionOf: ({ region }) => ({ region: region['region'] ?? 'default', zone: '' }),
  classify,
  async open({ credential }, road) {
    const engine = openEngine(credential, road);
    return {
      images: createImages(engine),
      specs: createSpecs(engine),
      vpcs: createVpcs(engine),
      securityGroups: createSecurityGroups(engine, driver),
      keyPairs: createKeyPairs(engine),
      vms: createVms(engine, driver),
      async check(call) {
        await engine.ask(call, 'GET', '/version', { resource: 'auth' });
      },
      close: async () => engine.close(),
      findMarked: async (call, kind, token) =>
        kind === 'vm'
          ? marked(engine, call, token)
          : kind === 'vpc' || kind === 'security-group' || kind === 'key-pair'
            ? (await listMarks(engine, call, kind, token)).map(mark => mark.name)
            : [],
    };
  },
};
