/** VMs: pure state. What passes (Creating, Rebooting …) takes `createMs`; where it leads shows at the next look after that. */
import type { CloudVm, VmRequest, Vms } from '@cloud-barista/driver/vms';
import type { CloudId, Token } from '@cloud-barista/model/ids';
import { gone, mayAct, vmActionTable, type VmAction } from '@cloud-barista/model/state';
import type { Context } from './calls.ts';
import { MemoryCloudError } from './errors.ts';
import { imageOf } from './images.ts';
import { keyPairOf } from './key-pairs.ts';
import { groupOf } from './security-groups.ts';
import { settle, settleAll } from './settle.ts';
import { specOf } from './specs.ts';
import { publicAddresses, type Vm } from './state.ts';
import { vpcOf } from './vpcs.ts';

const view = (vm: Vm): CloudVm => ({
  id: vm.id,
  name: vm.name,
  state: vm.state,
  image: vm.image,
  spec: vm.spec,
  vpc: vm.vpc,
  subnet: vm.subnet.id,
  securityGroups: vm.groups.map(group => group.id),
  keyPair: vm.keyPair,
  zone: vm.zone,
  publicIp: vm.publicIp,
  privateIp: vm.privateIp,
  created: new Date(vm.created).toISOString(),
  token: vm.token,
});

export function createVms(context: Context): Vms {
  const { state, send } = context;
  const settled = (id: CloudId): Vm | undefined => {
    const vm = state.vms.get(id);
    return vm && settle(state, vm, context.now());
  };

  function run(token: Token, request: VmRequest): Vm {
    const marked = state.marked.vm.get(token);
    if (marked) return marked;
    const image = imageOf(state.customImages.get(request.image)?.source ?? request.image);
    specOf(request.spec);
    const vpc = vpcOf(state, request.vpc);
    const subnet = vpc.subnets.get(request.subnet);
    if (!subnet)
      throw new MemoryCloudError('SubnetNotFound', `There is no subnet ${request.subnet} in ${vpc.id}.`);
    const groups = request.securityGroups.map(id => groupOf(state, id));
    for (const group of groups)
      if (group.vpc !== vpc)
        throw new MemoryCloudError('GroupOutsideVpc', `${group.id} is not a group of ${vpc.id}.`);
    keyPairOf(state, request.keyPair);
    if (!image.available)
      throw new MemoryCloudError('ImageUnavailable', `${image.id} can't be started from.`);
    if (request.rootDiskGb !== undefined && request.rootDiskGb < image.minDiskGb)
      throw new MemoryCloudError('InvalidDiskSize', `${image.id} needs ${image.minDiskGb} GiB.`);
    if (request.userData !== undefined && Buffer.byteLength(request.userData) > 16_384)
      throw new MemoryCloudError('InvalidUserData', 'User data is longer than 16 KiB.');
    if (!vpc.gateway)
      throw new MemoryCloudError('VpcWithoutGateway', `${vpc.id} has no gateway to the internet.`);
    if (context.failCreate > 0 && context.chance() < context.failCreate)
      throw new MemoryCloudError('InsufficientCapacity', `There is no room for another ${request.spec}.`);
    const privateIp = subnet.addresses.take();
    if (privateIp === undefined)
      throw new MemoryCloudError('SubnetFull', `${subnet.id} has no address left.`);
    const publicIp = publicAddresses.take();
    if (publicIp === undefined) {
      subnet.addresses.give(privateIp);
      throw new MemoryCloudError('NoPublicAddressLeft', 'There is no public address left.');
    }
    const now = context.now();
    const vm: Vm = {
      id: state.vms.nextId(),
      name: request.name,
      token,
      state: 'Creating',
      to: 'Running',
      at: now + context.createMs,
      image: request.image,
      spec: request.spec,
      vpc: vpc.id,
      subnet,
      groups,
      keyPair: request.keyPair,
      zone: subnet.zone,
      publicIp,
      privateIp,
      created: now,
      ownIp: undefined,
      disks: undefined,
    };
    subnet.vms++;
    for (const group of groups) group.vms++;
    state.vms.add(vm);
    state.moving.add(vm);
    state.marked.vm.set(token, vm);
    return vm;
  }

  /** What is at its end already is left alone. */
  function act(action: VmAction, id: CloudId): void {
    const vm = settled(id);
    if (!vm) throw new MemoryCloudError('VmNotFound', `There is no VM ${id}.`);
    const { via, to } = vmActionTable[action];
    if (!mayAct(vm.state, action))
      throw new MemoryCloudError('IncorrectVmState', `${id} is ${vm.state}: it can't ${action}.`);
    if (vm.state === via || (vm.state === to && via !== 'Rebooting')) return;
    vm.state = via;
    vm.to = to;
    vm.at = context.now() + context.createMs;
    state.moving.add(vm);
  }

  return {
    // With no time to take, it runs at once, as upstream's mock has it.
    create: (call, request) =>
      send('RunVm', 'vm', call, request.name, () =>
        view(settle(state, run(call.token, request), context.now())),
      ),
    list: call =>
      send('ListVms', 'vm', call, '', () => {
        settleAll(state, context.now());
        return state.vms.page(call, view);
      }),
    get: (call, id) =>
      send('GetVm', 'vm', call, id, () => {
        const vm = settled(id);
        if (!vm) throw new MemoryCloudError('VmNotFound', `There is no VM ${id}.`);
        return view(vm);
      }),
    getMany: (call, ids) =>
      send('GetVms', 'vm', call, '', () =>
        ids.flatMap(id => {
          const vm = settled(id);
          return vm ? [view(vm)] : [];
        }),
      ),
    suspend: (call, id) => send('SuspendVm', 'vm', call, id, () => act('suspend', id)),
    resume: (call, id) => send('ResumeVm', 'vm', call, id, () => act('resume', id)),
    reboot: (call, id) => send('RebootVm', 'vm', call, id, () => act('reboot', id)),
    terminate: (call, id) =>
      send('TerminateVm', 'vm', call, id, () => {
        const vm = settled(id);
        if (vm && !gone.has(vm.state)) act('terminate', id);
      }),
  };
}
