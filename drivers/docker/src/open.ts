/**
 * Docker: a container is a VM too. The Engine API is spoken directly: over a socket it is a dozen JSON calls, where the known
 * client brings an SSH and a gRPC stack along. The image must run an SSH server; its login user stands in its label
 * `org.cloud-barista.user` (else root).
 */
import { contractVersion, type Driver } from '@cloud-barista/driver/driver';
import type { NameRule } from '@cloud-barista/model/names';
import { createCustomImages, markedImages } from './custom-images.ts';
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
  names: {
    vpc: name,
    subnet: name,
    'security-group': name,
    'key-pair': name,
    vm: name,
    'custom-image': name,
  },
  capabilities: {
    'vm.suspend': true,
    'vm.reboot': true,
    'vm.userData': true,
    'vm.rootDisk': "A container's disk is its host's; it has no size of its own.",
    'vpc.cidr': true,
    'vpc.addSubnet': true,
    'securityGroup.outbound': true,
    'securityGroup.enforced': 'Docker lets all traffic through between a container and its network.',
    'region.list': 'An engine is one place: it has no regions to tell of.',
    'spec.price': 'An engine bills nothing.',
    'tag.vpc': 'Docker sets labels when a thing is made and changes none afterwards.',
    'tag.securityGroup': 'Docker sets labels when a thing is made and changes none afterwards.',
    'tag.keyPair': 'Docker sets labels when a thing is made and changes none afterwards.',
    'tag.vm': 'Docker sets labels when a thing is made and changes none afterwards.',
    'tag.disk': 'There are no disks here that could be tagged.',
    disk: "Docker mounts a volume when a container is made: it can't be attached to one that stands.",
    'disk.resize': "A volume has no size of its own: it grows as far as its host's disk goes.",
    customImage: true,
    publicIp: "A container is reached at its own address or its host's: an engine has none to give out.",
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
      customImages: createCustomImages(engine),
      async check(call) {
        await engine.ask(call, 'GET', '/version', { resource: 'auth' });
      },
      close: async () => engine.close(),
      async findMarked(call, kind, token) {
        switch (kind) {
          case 'vm':
            return marked(engine, call, token);
          case 'custom-image':
            return (await markedImages(engine, call, token)).map(image => image.id);
          case 'vpc':
          case 'security-group':
          case 'key-pair':
            return (await listMarks(engine, call, kind, token)).map(mark => mark.name);
          default:
            return [];
        }
      },
    };
  },
};
