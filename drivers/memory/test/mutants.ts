/**
 * Drivers with one fault each, which the judge must find. Run by judge.test.ts as a process of its own, since its cases
 * are meant to fail: prints each result as a line of JSON behind `RESULT `.
 */
import type { Cloud, Driver } from '@cloud-barista/driver/driver';
import { onResult, driverSuite } from '@cloud-barista/suite/driver/suite';
import { cloudId, newSuffix, newToken } from '@cloud-barista/model/ids';
import type { SecurityRule } from '@cloud-barista/model/security-group';
import { openMemoryCloud } from '../src/open.ts';

type Mutate = (
  cloud: Cloud,
  driver: Driver,
) => { cloud?: Partial<Cloud> | undefined; driver?: Partial<Driver> };

const allOut: SecurityRule = { direction: 'outbound', protocol: 'all', cidr: '0.0.0.0/0' };
const ignoring = (signal: AbortSignal) => {
  void signal;
  return new AbortController().signal;
};

const mutants: Record<string, Mutate> = {
  'a VM is not marked with its token': ({ vms }) => ({
    cloud: {
      vms: { ...vms, create: (call, request) => vms.create({ ...call, token: newToken() }, request) },
    },
  }),
  'a half made VPC is taken for a whole one': cloud => ({
    cloud: {
      vpcs: {
        ...cloud.vpcs,
        create: async (call, request) => {
          const [id] = call.again ? await cloud.findMarked(call, 'vpc', call.token) : [];
          return id === undefined ? cloud.vpcs.create(call, request) : cloud.vpcs.get(call, cloudId(id));
        },
      },
    },
  }),
  'a VPC in use loses its subnets before its delete is refused': ({ vpcs }) => ({
    cloud: {
      vpcs: {
        ...vpcs,
        delete: async (call, id) => {
          const vpc = await vpcs.get(call, id).catch(() => undefined);
          for (const subnet of vpc?.subnets ?? [])
            await vpcs.removeSubnet(call, id, subnet.id).catch(() => {});
          await vpcs.delete(call, id);
        },
      },
    },
  }),
  'deleting the absent fails': ({ keyPairs }) => ({
    cloud: {
      keyPairs: {
        ...keyPairs,
        delete: async (call, id) => keyPairs.get(call, id).then(() => keyPairs.delete(call, id)),
      },
    },
  }),
  'the limit of a page is not kept': ({ images }) => ({
    cloud: { images: { ...images, list: (call, search) => images.list({ ...call, limit: 1000 }, search) } },
  }),
  'the cursor is not heeded': ({ specs }) => ({
    cloud: { specs: { ...specs, list: call => specs.list({ signal: call.signal, limit: call.limit }) } },
  }),
  'the list ends after its first page': ({ vpcs }) => ({
    cloud: { vpcs: { ...vpcs, list: async call => ({ items: (await vpcs.list(call)).items }) } },
  }),
  'the list is not ordered': ({ keyPairs }) => ({
    cloud: {
      keyPairs: {
        ...keyPairs,
        list: async call => {
          const page = await keyPairs.list(call);
          return { ...page, items: page.items.toReversed() };
        },
      },
    },
  }),
  "a group keeps the cloud's own rule": ({ securityGroups }) => ({
    cloud: {
      securityGroups: {
        ...securityGroups,
        create: async (call, request) =>
          securityGroups.create(call, {
            ...request,
            rules: [...request.rules.filter(rule => rule.direction === 'inbound'), allOut],
          }),
      },
    },
  }),
  'removing an absent rule fails': ({ securityGroups }) => ({
    cloud: {
      securityGroups: {
        ...securityGroups,
        removeRules: async (call, id, rules) => {
          if ((await securityGroups.get(call, id)).rules.length < rules.length)
            throw new Error('no such rule');
          await securityGroups.removeRules(call, id, rules);
        },
      },
    },
  }),
  'no error is classified': () => ({ driver: { classify: () => undefined } }),
  'every error is said to be the cloud’s': () => ({
    driver: { classify: () => ({ code: 'not_found', cause: 'X', message: 'x' }) },
  }),
  'what is not declared is done nevertheless': (_, { capabilities }) => ({
    driver: { capabilities: { ...capabilities, 'vpc.addSubnet': 'This cloud has one subnet a VPC.' } },
  }),
  'signals are not passed on': ({ vpcs }) => ({
    cloud: {
      vpcs: {
        ...vpcs,
        create: (call, request) => vpcs.create({ ...call, signal: ignoring(call.signal) }, request),
      },
    },
  }),
  'suspending does nothing': ({ vms }) => ({ cloud: { vms: { ...vms, suspend: async () => {} } } }),
  'a VM that should end goes on': ({ vms }) => ({ cloud: { vms: { ...vms, terminate: async () => {} } } }),
  'an absent id spoils the bulk': ({ vms }) => ({
    cloud: { vms: { ...vms, getMany: (call, ids) => Promise.all(ids.map(id => vms.get(call, id))) } },
  }),
  'a disk goes with its VM': ({ vms, disks }) => ({
    cloud: {
      vms: {
        ...vms,
        terminate: async (call, id) => {
          const { items = [] } = (await disks?.list({ ...call, limit: 1000 })) ?? {};
          await vms.terminate(call, id);
          for (const disk of items)
            if (disk.vm === id)
              await disks?.detach(call, disk.id, id).then(() => disks.delete(call, disk.id));
        },
      },
    },
  }),
  'a disk is detached from whoever has it': ({ disks }) => ({
    cloud: disks && {
      disks: {
        ...disks,
        detach: async (call, id) => {
          const { vm } = await disks.get(call, id);
          if (vm !== '') await disks.detach(call, id, vm);
        },
      },
    },
  }),
  'a disk does not grow': ({ disks }) => ({
    cloud: disks && { disks: { ...disks, resize: async (call, id) => void (await disks.get(call, id)) } },
  }),
  'an image of a VM is not marked': ({ customImages }) => ({
    cloud: customImages && {
      customImages: {
        ...customImages,
        create: (call, request) => customImages.create({ ...call, token: newToken() }, request),
      },
    },
  }),
  'an address is taken from the VM that carries it, to be given back': ({ publicIps }) => ({
    cloud: publicIps && {
      publicIps: {
        ...publicIps,
        delete: async (call, id) => {
          const { vm } = await publicIps.get(call, id).catch(() => ({ vm: '' as const }));
          if (vm !== '') await publicIps.dissociate(call, id, vm);
          await publicIps.delete(call, id);
        },
      },
    },
  }),
  'setting tags forgets the others': ({ tags }) => ({
    cloud: tags && {
      tags: {
        ...tags,
        set: async (call, kind, id, set) => {
          await tags.remove(call, kind, id, Object.keys(await tags.get(call, kind, id)));
          await tags.set(call, kind, id, set);
        },
      },
    },
  }),
  'prices are zero': ({ prices }) => ({
    cloud: prices && {
      prices: {
        get: async (call, ids) => (await prices.get(call, ids)).map(price => ({ ...price, hourly: 0 })),
      },
    },
  }),
  'the own region is not among the regions': ({ regions }) => ({
    cloud: regions && { regions: { list: async call => (await regions.list(call)).slice(1) } },
  }),
  'a VM is told to be where it is not': ({ vms }) => ({
    cloud: {
      vms: { ...vms, get: async (call, id) => ({ ...(await vms.get(call, id)), privateIp: '10.78.0.4' }) },
    },
  }),
};

const mutated = (base: Driver, mutate: Mutate): Driver => {
  // A cloud that nobody opened: only the driver's half of the mutation is read from it.
  const driver: Driver = {
    ...base,
    open: async (config, road) => {
      const cloud = await base.open(config, road);
      return { ...cloud, ...mutate(cloud, base).cloud };
    },
  };
  return { ...driver, ...mutate({} as Cloud, base).driver };
};

onResult(result => process.stdout.write(`RESULT ${JSON.stringify(result)}\n`));
for (const [name, mutate] of Object.entries(mutants))
  driverSuite(name, async () => {
    const memory = openMemoryCloud(`mutant-${newSuffix()}`);
    return {
      driver: mutated(memory.driver, mutate),
      config: memory.config,
      image: 'mock-vmimage-01',
      spec: 'mock-vmspec-01',
      count: async () => memory.count(),
      pollMs: 1,
      timeoutMs: 50,
      close: async () => {},
    };
  });
