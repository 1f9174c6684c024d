// @ts-check
/**
 * A driver outside of the repository: one file, nothing to install. Its cloud is a toy that lives in a JSON file, so that it can
 * be read, and so that it outlives the driver's process as a real one would. Load it into a running server:
 *
 *     barista create driver --module ./examples/drivers/toy.mjs
 *
 * For types in an editor, beside this repository:
 *
 * @typedef {import('@cloud-barista/driver/driver').Driver} Driver
 * @typedef {import('@cloud-barista/driver/driver').CloudConfig} CloudConfig
 * @typedef {import('@cloud-barista/driver/road').Road} Road
 * @typedef {import('@cloud-barista/model/call').ResourceKind} ResourceKind
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

// ---- the cloud's errors: code words of its own, and one table that turns them into Cloud-Barista's

const codes = /** @type {const} */ ({
  WrongPassword: 'unauthenticated',
  NoSuchThing: 'not_found',
  BadKey: 'invalid_argument',
  Overlap: 'invalid_argument',
  InUse: 'failed_precondition',
  WrongState: 'failed_precondition',
  NameTaken: 'already_exists',
  NotOffered: 'unimplemented',
});

class ToyError extends Error {
  /** @param {keyof typeof codes} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** @type {Driver['classify']} */
function classify(error) {
  if (!(error instanceof ToyError)) return undefined;
  return { code: codes[error.code], cause: error.code, message: error.message };
}

// ---- the cloud itself: shelves of records in a file

const shelves = /** @type {const} */ ({
  vpc: 'vpcs',
  'security-group': 'securityGroups',
  'key-pair': 'keyPairs',
  vm: 'vms',
});

/** @param {string} file */
function openFile(file) {
  const read = () =>
    existsSync(file)
      ? JSON.parse(readFileSync(file, 'utf8'))
      : { next: 1, vpcs: {}, securityGroups: {}, keyPairs: {}, vms: {} };
  /** @param {object} toy */
  const write = toy => {
    writeFileSync(`${file}.new`, JSON.stringify(toy, null, 2));
    renameSync(`${file}.new`, file);
  };
  return { read, write };
}

const images = [
  { id: 'toy-debian-12', name: 'debian-12-toy', os: 'debian', osVersion: '12', user: 'debian' },
  { id: 'toy-ubuntu-24', name: 'ubuntu-24.04-toy', os: 'ubuntu', osVersion: '24.04', user: 'ubuntu' },
].map(image => ({ ...image, architecture: 'x86_64', available: true, created: '', minDiskGb: 1 }));

const specs = [1, 2, 4].map(cpu => ({
  id: `toy-${cpu}`,
  name: `toy-${cpu}`,
  cpu,
  memoryMib: cpu * 2048,
  diskGb: 10,
  architecture: 'x86_64',
  gpus: [],
}));

/** A page of what is ordered by id: the cursor is the last id given. @param {any[]} all @param {{ cursor?: string, limit: number }} call */
function page(all, { cursor = '', limit }) {
  const rest = all.filter(one => one.id > cursor).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const items = rest.slice(0, limit);
  return rest.length > limit ? { items, next: items.at(-1).id } : { items };
}

/** @param {any[]} all @param {string} id */
function one(all, id) {
  const found = all.find(each => each.id === id);
  if (!found) throw new ToyError('NoSuchThing', `There is no ${id}.`);
  return found;
}

/** Any key of a rule in any order is the same rule. @param {any} rule */
const ruleKey = rule => [rule.direction, rule.protocol, rule.fromPort, rule.toPort, rule.cidr].join(' ');

/** @param {string} a @param {string} b */
function overlap(a, b) {
  const [[from, size], [other, otherSize]] = [a, b].map(cidr => {
    const [start = '', prefix] = cidr.split('/');
    return [start.split('.').reduce((sum, part) => sum * 256 + Number(part), 0), 2 ** (32 - Number(prefix))];
  });
  return from < other + otherSize && other < from + size;
}

/** The n-th address of a block. @param {string} cidr @param {number} n */
function address(cidr, n) {
  const start = (cidr.split('/')[0] ?? '').split('.').reduce((sum, part) => sum * 256 + Number(part), 0) + n;
  return [24, 16, 8, 0].map(shift => Math.floor(start / 2 ** shift) % 256).join('.');
}

// ---- the driver's cloud: every request goes over the road, under the toy's own name of the call

/** @param {CloudConfig} config @param {Road} road @returns {any} a Cloud */
function connect({ credential, region }, road) {
  const { read, write } = openFile(region['file'] ?? '');

  /**
   * @template T
   * @param {{ signal: AbortSignal }} call
   * @param {string} api
   * @param {ResourceKind} resource
   * @param {string} name
   * @param {(toy: any) => T} work
   * @returns {Promise<T>}
   */
  const ask = (call, api, resource, name, work) =>
    // All may be repeated: creates look for their token first.
    road.send({ api, resource, name, idempotent: true }, call.signal, async signal => {
      signal.throwIfAborted();
      if (credential['password'] !== 'open sesame')
        throw new ToyError('WrongPassword', 'That is not the password.');
      const toy = read();
      const before = JSON.stringify(toy);
      const answer = work(toy);
      if (JSON.stringify(toy) !== before) write(toy);
      return answer;
    });

  /** What the four kinds have in common. @param {keyof typeof shelves} kind @param {string} word */
  function noun(kind, word) {
    const shelf = shelves[kind];
    return {
      /** @param {any} call @param {any} request @param {(toy: any, id: string) => object} make */
      create: (call, request, make) =>
        ask(call, `Create${word}`, kind, request.name, toy => {
          const all = Object.values(toy[shelf]);
          const mine = all.find(each => each.token === call.token);
          if (mine) return mine;
          if (all.some(each => each.name === request.name))
            throw new ToyError('NameTaken', `There is a ${kind} ${request.name} already.`);
          const id = `toy-${kind}-${String(toy.next++).padStart(8, '0')}`;
          toy[shelf][id] = { id, name: request.name, token: call.token, ...make(toy, id) };
          return toy[shelf][id];
        }),
      /** @param {any} call */
      list: call => ask(call, `List${word}s`, kind, '', toy => page(Object.values(toy[shelf]), call)),
      /** @param {any} call @param {string} id */
      get: (call, id) => ask(call, `Get${word}`, kind, id, toy => one(Object.values(toy[shelf]), id)),
      /** @param {any} call @param {string} id @param {(toy: any, user: any) => boolean} [uses] of what may use it */
      delete: (call, id, uses = () => false) =>
        ask(call, `Delete${word}`, kind, id, toy => {
          const users = [...Object.values(toy.vms), ...Object.values(toy.securityGroups)];
          const user = users.find(each => each.id !== id && uses(toy, each));
          if (toy[shelf][id] && user) throw new ToyError('InUse', `${id} is used by ${user.id}.`);
          delete toy[shelf][id];
        }),
      /** @param {any} call @param {string} id @param {string} api @param {(thing: any, toy: any) => any} change */
      change: (call, id, api, change) =>
        ask(call, api, kind, id, toy => change(one(Object.values(toy[shelf]), id), toy)),
    };
  }
  const vpcs = noun('vpc', 'Vpc');
  const groups = noun('security-group', 'SecurityGroup');
  const keys = noun('key-pair', 'KeyPair');
  const vms = noun('vm', 'Vm');

  /** @param {any} request @param {string} vpc @param {number} n @param {string} token */
  const subnet = ({ name, cidr, zone }, vpc, n, token) => ({ id: `${vpc}-${n}`, name, cidr, zone, token });
  /** @param {any} vpc */
  const vpcView = vpc => ({
    ...vpc,
    subnets: vpc.subnets.toSorted((/** @type {any} */ a, /** @type {any} */ b) => (a.name < b.name ? -1 : 1)),
  });
  /** @param {string} api @param {string[]} from @param {string} to */
  const turn = (api, from, to) => (/** @type {any} */ call, /** @type {string} */ id) =>
    vms.change(call, id, api, vm => {
      if (!from.includes(vm.state)) throw new ToyError('WrongState', `${id} is ${vm.state}.`);
      vm.state = to;
    });
  /** @param {any} request */
  const refuse = ({ rootDiskGb, userData }) => {
    if (rootDiskGb !== undefined) throw new ToyError('NotOffered', String(capabilities['vm.rootDisk']));
    if (userData !== undefined) throw new ToyError('NotOffered', String(capabilities['vm.userData']));
  };

  return {
    check: (/** @type {any} */ call) => ask(call, 'Hello', 'auth', '', () => {}),
    close: async () => {},
    findMarked: (/** @type {any} */ call, /** @type {keyof typeof shelves} */ kind, /** @type {string} */ token) =>
      ask(call, 'FindMarked', kind, '', toy =>
        Object.values(toy[shelves[kind]] ?? {}).flatMap(each => (each.token === token ? [each.id] : [])),
      ),
    images: {
      list: (/** @type {any} */ call, search = '') =>
        ask(call, 'ListImages', 'image', '', () =>
          page(
            images.filter(image => image.name.includes(search.toLowerCase())),
            call,
          ),
        ),
      get: (/** @type {any} */ call, /** @type {string} */ id) =>
        ask(call, 'GetImage', 'image', id, () => one(images, id)),
    },
    specs: {
      list: (/** @type {any} */ call) => ask(call, 'ListSpecs', 'spec', '', () => page(specs, call)),
      get: (/** @type {any} */ call, /** @type {string} */ id) =>
        ask(call, 'GetSpec', 'spec', id, () => one(specs, id)),
    },
    vpcs: {
      create: async (/** @type {any} */ call, /** @type {any} */ request) =>
        vpcView(
          await vpcs.create(call, request, (_toy, id) => ({
            cidr: request.cidr,
            subnets: request.subnets.map((/** @type {any} */ each, /** @type {number} */ n) =>
              subnet(each, id, n, call.token),
            ),
          })),
        ),
      list: async (/** @type {any} */ call) => {
        const { items, ...rest } = await vpcs.list(call);
        return { items: items.map(vpcView), ...rest };
      },
      get: async (/** @type {any} */ call, /** @type {string} */ id) => vpcView(await vpcs.get(call, id)),
      delete: (/** @type {any} */ call, /** @type {string} */ id) =>
        vpcs.delete(call, id, (_toy, user) => user.vpc === id),
      addSubnet: (/** @type {any} */ call, /** @type {string} */ id, /** @type {any} */ request) =>
        vpcs.change(call, id, 'AddSubnet', (vpc, toy) => {
          const mine = vpc.subnets.find((/** @type {any} */ each) => each.token === call.token);
          if (mine) return mine;
          const there = vpc.subnets.find((/** @type {any} */ each) => overlap(each.cidr, request.cidr));
          if (there) throw new ToyError('Overlap', `${request.cidr} overlaps ${there.id}.`);
          const made = subnet(request, id, toy.next++, call.token);
          vpc.subnets.push(made);
          return made;
        }),
      removeSubnet: (/** @type {any} */ call, /** @type {string} */ id, /** @type {string} */ gone) =>
        ask(call, 'RemoveSubnet', 'subnet', gone, toy => {
          const vpc = toy.vpcs[id];
          if (!vpc) return; // what is absent is removed
          if (Object.values(toy.vms).some(vm => vm.subnet === gone)) throw new ToyError('InUse', `${gone} has VMs.`);
          vpc.subnets = vpc.subnets.filter((/** @type {any} */ each) => each.id !== gone);
        }),
    },
    securityGroups: {
      create: (/** @type {any} */ call, /** @type {any} */ request) =>
        groups.create(call, request, toy => {
          one(Object.values(toy.vpcs), request.vpc);
          return { vpc: request.vpc, rules: request.rules };
        }),
      list: groups.list,
      get: groups.get,
      delete: (/** @type {any} */ call, /** @type {string} */ id) =>
        groups.delete(call, id, (_toy, user) => user.securityGroups?.includes(id) === true),
      addRules: (/** @type {any} */ call, /** @type {string} */ id, /** @type {any[]} */ rules) =>
        groups.change(call, id, 'AddRules', group => {
          const standing = new Set(group.rules.map(ruleKey));
          group.rules.push(...rules.filter(rule => !standing.has(ruleKey(rule))));
        }),
      removeRules: (/** @type {any} */ call, /** @type {string} */ id, /** @type {any[]} */ rules) =>
        groups.change(call, id, 'RemoveRules', group => {
          const gone = new Set(rules.map(ruleKey));
          group.rules = group.rules.filter((/** @type {any} */ rule) => !gone.has(ruleKey(rule)));
        }),
    },
    keyPairs: {
      create: (/** @type {any} */ call, /** @type {any} */ request) =>
        keys.create(call, request, () => {
          if (!/^(ssh-ed25519|ssh-rsa) [A-Za-z0-9+/=]{40,}/.test(request.publicKey))
            throw new ToyError('BadKey', 'That is no public key.');
          return { publicKey: request.publicKey };
        }),
      list: keys.list,
      get: keys.get,
      delete: (/** @type {any} */ call, /** @type {string} */ id) => keys.delete(call, id),
    },
    vms: {
      async create(/** @type {any} */ call, /** @type {any} */ request) {
        refuse(request);
        return vms.create(call, request, toy => {
          one(images, request.image);
          one(specs, request.spec);
          const vpc = one(Object.values(toy.vpcs), request.vpc);
          const { cidr, zone } = one(vpc.subnets, request.subnet);
          for (const id of request.securityGroups) one(Object.values(toy.securityGroups), id);
          one(Object.values(toy.keyPairs), request.keyPair);
          const n = toy.next++;
          return {
            state: 'Running',
            image: request.image,
            spec: request.spec,
            vpc: request.vpc,
            subnet: request.subnet,
            securityGroups: request.securityGroups,
            keyPair: request.keyPair,
            zone,
            publicIp: address('198.18.0.0', n), // set aside for benchmarks: nothing answers there
            privateIp: address(cidr, 4 + (n % 200)),
            created: new Date().toISOString(),
          };
        });
      },
      list: vms.list,
      get: vms.get,
      getMany: (/** @type {any} */ call, /** @type {string[]} */ ids) =>
        ask(call, 'GetVms', 'vm', '', toy => ids.flatMap(id => toy.vms[id] ?? [])),
      suspend: turn('SuspendVm', ['Running', 'Suspended'], 'Suspended'),
      resume: turn('ResumeVm', ['Suspended', 'Running'], 'Running'),
      reboot: turn('RebootVm', ['Running'], 'Running'),
      terminate: (/** @type {any} */ call, /** @type {string} */ id) => vms.delete(call, id),
    },
  };
}

// ---- what it is

/** `true`, or the reason why not, as a user should read it. @type {Driver['capabilities']} */
const capabilities = {
  'vm.suspend': true,
  'vm.reboot': true,
  'vm.userData': 'Toy VMs run nothing.',
  'vm.rootDisk': 'Toy VMs have the disk of their spec.',
  'vpc.cidr': true,
  'vpc.addSubnet': true,
  'securityGroup.outbound': true,
  'securityGroup.changeRules': true,
  'securityGroup.enforced': 'No traffic reaches a toy VM.',
  'region.list': 'A toy cloud is one file.',
  'spec.price': 'Toys cost nothing.',
  'tag.vpc': 'Toys have no tags.',
  'tag.securityGroup': 'Toys have no tags.',
  'tag.keyPair': 'Toys have no tags.',
  'tag.vm': 'Toys have no tags.',
  'tag.disk': 'Toys have no tags.',
  disk: 'Toy VMs have the disk of their spec.',
  'disk.resize': 'Toy VMs have the disk of their spec.',
  customImage: 'The images of a toy cloud are fixed.',
  publicIp: 'A toy VM keeps the address that it was made with.',
};

const rule = { maxLength: 63, pattern: '^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$', unique: true };

/** @type {Driver} */
export const driver = {
  name: 'toy',
  provider: 'TOY',
  contract: 2,
  credentialKeys: [{ key: 'password', required: true, description: 'The password: open sesame' }],
  regionKeys: [{ key: 'file', required: true, description: 'Absolute path of the JSON file that the cloud lives in' }],
  names: { vpc: rule, subnet: rule, 'security-group': rule, 'key-pair': rule, vm: rule },
  capabilities,
  regionOf: () => ({ region: 'toybox', zone: '' }),
  classify,
  // The records are the contract's as they stand; a real cloud's would be turned into them here.
  open: async (config, road) => connect(config, road),
};
