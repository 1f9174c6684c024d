/** VMs: begun here and awaited, as upstream does; status; suspend, resume, reboot; terminate. */
import { BaristaError } from '@cloud-barista/model/errors';
import { gone, passing } from '@cloud-barista/model/state';
import type { Vm } from '@cloud-barista/model/vm';
import { boundId } from '@cloud-barista/spider/claims';
import { customImageOf } from '@cloud-barista/spider/custom-image-records';
import { attachDisk, awaitDisk } from '@cloud-barista/spider/disks';
import { undoCreate } from '@cloud-barista/spider/undo';
import { awaitOne } from '@cloud-barista/spider/vm-sagas';
import {
  createVm,
  getVm,
  listVms,
  rebootVm,
  resumeVm,
  suspendVm,
  terminateVm,
} from '@cloud-barista/spider/vms';
import type { VpcData } from '@cloud-barista/spider/vpcs';
import type { Spider } from '@cloud-barista/spider/context';
import { whole } from './credentials.ts';
import { ours, theirs } from './names.ts';
import { imageOf, specOf } from './offers.ts';
import { orForget, tagNew, tagsOf } from './removing.ts';
import { needed } from './request.ts';
import type { Ask, SpiderRoute } from './route.ts';
import { iid, iidOf, vmInfo, type Iid } from './views.ts';

/** A VM whose state is passing is looked at again after this. */
const lookMs = 250;

function subnetOf(spider: Spider, vm: Vm): Iid {
  const vpc = spider.mirror.get<{ data: VpcData }>(`/spider/ids/${vm.connection}/vpc/${vm.vpc}`)?.value;
  const id = vpc?.data.subnets.find(subnet => subnet.name === vm.subnet)?.id ?? '';
  return iid(theirs(spider, vm.subnet), id);
}

export function infoOf(spider: Spider, vm: Vm, disks: readonly Iid[] = []) {
  const { connection, ssh } = vm;
  const own = customImageOf(spider, connection, vm.image);
  return vmInfo(
    {
      IId: iid(theirs(spider, vm.name), vm.id),
      created: vm.created,
      region: vm.region,
      zone: vm.zone,
      image: iid(own ? theirs(spider, own.name) : vm.image, vm.image),
      own: own !== undefined,
      spec: vm.spec,
      vpc: iidOf(spider, connection, 'vpc', vm.vpc),
      subnet: subnetOf(spider, vm),
      groups: vm.securityGroups.map(name => iidOf(spider, connection, 'security-group', name)),
      keyPair: iidOf(spider, connection, 'key-pair', vm.keyPair),
      user: ssh.user,
      windows: ssh.user === 'Administrator',
      publicIp: vm.publicIp,
      privateIp: vm.privateIp,
      access: ssh.host === '' ? '' : `${ssh.host}:${ssh.port}`,
    },
    disks,
  );
}

/** "" and "default" leave it to the image. */
function rootDiskOf(ask: Ask): number | undefined {
  const text = ask.info.text('RootDiskSize');
  if (text === '' || text.toLowerCase() === 'default') return undefined;
  const size = Number(text);
  if (/^\d+$/.test(text) && size >= 1) return size;
  throw new BaristaError('invalid_argument', `RootDiskSize ${JSON.stringify(text)} is not a size in GB.`, {
    where: 'RootDiskSize',
  });
}

async function attachAll(ask: Ask, vm: string, names: readonly string[]): Promise<Iid[]> {
  const connection = ask.connection();
  const disks: Iid[] = [];
  for (const given of names) {
    const name = ours(given);
    await attachDisk(ask.spider, connection, name, vm, ask.call);
    const there = (disk: { state: string; vm: string }) => disk.state === 'Attached' && disk.vm === vm;
    await awaitDisk(ask.spider, connection, name, there, ask.call);
    disks.push(iidOf(ask.spider, connection, 'disk', name));
  }
  return disks;
}

/** The one name that every VM of this call's is owned by: its undo takes back nothing of another's. */
let started = 0;

async function start(ask: Ask) {
  const { spider, info } = ask;
  const connection = ask.connection();
  const word = (key: string) => needed(info.text(key), key);
  const name = await ask.newName();
  const rootDiskGb = rootDiskOf(ask);
  const disks = info.texts('DataDiskNames');
  for (const disk of disks) await boundId(spider, connection, 'disk', ours(disk));
  const tags = await tagsOf(ask, 'vm');
  const input = {
    name,
    image: (await imageOf(ask, word('ImageName'))).id,
    spec: (await specOf(ask, word('VMSpecName'))).id,
    vpc: ours(word('VPCName')),
    subnet: ours(word('SubnetName')),
    securityGroups: info.texts('SecurityGroupNames').map(ours),
    keyPair: ours(word('KeyPairName')),
    ...(rootDiskGb !== undefined && { rootDiskGb }),
  };
  const call = { ...ask.call, owner: `spider-api/${spider.process}/${++started}` };
  try {
    const made = await createVm(spider, connection, input, call);
    const ready = made.state === 'Running' && made.publicIp !== '';
    const vm = ready ? made : await awaitOne(spider, connection, name, 'Running', call.signal);
    const attached = await attachAll(ask, name, disks);
    await tagNew(ask, 'vm', name, tags);
    return infoOf(spider, vm, attached);
  } catch (error) {
    // What is begun is taken back; only what this very call has made.
    await undoCreate(spider, connection, 'vm', name, call).catch((second: unknown) =>
      spider.log({
        level: 'warn',
        message: 'A VM that failed could not be taken back yet.',
        error: String(second),
      }),
    );
    throw error;
  }
}

/** A passing state is looked at again, so that a client that polls sees it end. */
async function freshVm(ask: Ask, name: string): Promise<Vm> {
  const vm = await getVm(ask.spider, ask.connection(), name, {}, ask.call);
  if (!passing.has(vm.state)) return vm;
  return getVm(ask.spider, ask.connection(), name, { maxAgeMs: lookMs }, ask.call);
}

async function freshVms(ask: Ask): Promise<Vm[]> {
  const { items } = await listVms(ask.spider, ask.connection(), whole, ask.call);
  if (!items.some(vm => passing.has(vm.state))) return items;
  return (await listVms(ask.spider, ask.connection(), { ...whole, maxAgeMs: lookMs }, ask.call)).items;
}

const statusOf = (vm: Vm) => (vm.state === 'Undefined' ? 'Failed' : vm.state);

const actions = {
  suspend: [suspendVm, 'Suspending'],
  resume: [resumeVm, 'Resuming'],
  reboot: [rebootVm, 'Rebooting'],
} as const;

async function control(ask: Ask) {
  const word = ask.query('action').toLowerCase();
  const found = Object.hasOwn(actions, word) ? actions[word as keyof typeof actions] : undefined;
  if (!found)
    throw new BaristaError('invalid_argument', `${ask.query('action')} is not a valid action!!`, {
      where: 'action',
    });
  const [order, Status] = found;
  await order(ask.spider, ask.connection(), ask.name(), ask.call);
  return { Status };
}

/** Answers when the cloud has ended the VM, so that what it stood on can be deleted next. */
async function terminate(ask: Ask) {
  const { spider, call } = ask;
  const connection = ask.connection();
  const name = ask.name();
  await orForget(ask, 'vm', name, async () => {
    const vm = await terminateVm(spider, connection, name, call);
    if (vm && !(gone.has(vm.state) && vm.id === ''))
      await awaitOne(spider, connection, name, 'Terminated', call.signal);
  });
  return { Status: 'Terminating' };
}

const controlSummary = 'Suspend, resume or reboot a VM';
const controlDiffers =
  'the table of states is kept before the cloud is asked; what is there already is left alone';

export const vmRoutes: readonly SpiderRoute[] = [
  {
    method: 'POST',
    path: '/vm',
    since: '2020',
    summary: 'Start a VM',
    differs:
      'VMUserId and VMUserPasswd are not taken: the login user is the image’s own, by its key, and VMUserId tells it; RootDiskType is the cloud’s usual one; a VM that fails is taken back; ImageName and VMSpecName may also be names, or a system such as ubuntu-22.04',
    answer: start,
  },
  {
    method: 'GET',
    path: '/vm',
    since: '2020',
    summary: 'List VMs',
    differs:
      'one question to the cloud for all; a VM that it does not know fails no list; DataDiskIIDs is null (ask /disk)',
    answer: async ask => ({ vm: (await freshVms(ask)).map(vm => infoOf(ask.spider, vm)) }),
  },
  {
    method: 'GET',
    path: '/vm/:Name',
    since: '2020',
    summary: 'Get a VM',
    differs:
      'as observed at most 5 s ago; its image and spec by the cloud’s ids; DataDiskIIDs is null (ask /disk), names of devices and DNS names are empty',
    answer: async ask => infoOf(ask.spider, await freshVm(ask, ask.name())),
  },
  {
    method: 'DELETE',
    path: '/vm/:Name',
    since: '2020',
    summary: 'Terminate a VM',
    differs:
      'answers when the cloud has ended it, within 10 minutes; Status is "Terminating", as upstream’s drivers say',
    answer: terminate,
  },
  {
    method: 'GET',
    path: '/vmstatus',
    since: '2020',
    summary: 'List VM statuses',
    async answer(ask) {
      const vms = await freshVms(ask);
      return {
        vmstatus: vms.map(vm => ({ IId: iid(theirs(ask.spider, vm.name), vm.id), VmStatus: statusOf(vm) })),
      };
    },
  },
  {
    method: 'GET',
    path: '/vmstatus/:Name',
    since: '2020',
    summary: 'Get a VM’s status',
    answer: async ask => ({ Status: statusOf(await freshVm(ask, ask.name())) }),
  },
  {
    method: 'GET',
    path: '/controlvm/:Name',
    since: '2020',
    role: 'operator',
    summary: controlSummary,
    differs: controlDiffers,
    answer: control,
  },
  {
    method: 'PUT',
    path: '/controlvm/:Name',
    since: 'newest',
    summary: controlSummary,
    differs: controlDiffers,
    answer: control,
  },
];
