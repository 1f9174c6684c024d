/** Public addresses of the account's own. */
import type { CloudPublicIp, PublicIps } from '@cloud-barista/driver/public-ips';
import type { CloudId } from '@cloud-barista/model/ids';
import type { Context } from './calls.ts';
import { MemoryCloudError } from './errors.ts';
import { settle, settleAll } from './settle.ts';
import { publicAddresses, type PublicIp, type State } from './state.ts';

function ipOf(state: State, id: CloudId): PublicIp {
  const ip = state.publicIps.get(id);
  if (!ip) throw new MemoryCloudError('PublicIpNotFound', `There is no public address ${id}.`);
  return ip;
}
const view = ({ id, name, address, vm, token }: PublicIp): CloudPublicIp => ({
  id,
  name,
  address,
  vm: vm?.id ?? '',
  token,
});

export function createPublicIps(context: Context): PublicIps {
  const { state, send, now } = context;
  return {
    create: (call, { name }) =>
      send('AllocateAddress', 'public-ip', call, name, () => {
        const marked = state.marked['public-ip'].get(call.token);
        if (marked) return view(marked);
        const address = publicAddresses.take();
        if (address === undefined)
          throw new MemoryCloudError('NoPublicAddressLeft', 'There is no public address left.');
        const made: PublicIp = {
          id: state.publicIps.nextId(),
          name,
          token: call.token,
          address,
          vm: undefined,
        };
        state.publicIps.add(made);
        state.marked['public-ip'].set(call.token, made);
        return view(made);
      }),
    list: call =>
      send('ListAddresses', 'public-ip', call, '', () => {
        settleAll(state, now());
        return state.publicIps.page(call, view);
      }),
    get: (call, id) =>
      send('GetAddress', 'public-ip', call, id, () => {
        settleAll(state, now());
        return view(ipOf(state, id));
      }),
    delete: (call, id) =>
      send('ReleaseAddress', 'public-ip', call, id, () => {
        settleAll(state, now());
        const ip = state.publicIps.get(id);
        if (!ip) return;
        if (ip.vm) throw new MemoryCloudError('PublicIpInUse', `${id} is carried by ${ip.vm.id}.`);
        state.publicIps.delete(id);
        state.marked['public-ip'].delete(ip.token);
        publicAddresses.give(ip.address);
      }),
    associate: (call, id, vmId) =>
      send('AssociateAddress', 'public-ip', call, id, () => {
        settleAll(state, now());
        const ip = ipOf(state, id);
        const vm = state.vms.get(vmId);
        if (!vm) throw new MemoryCloudError('VmNotFound', `There is no VM ${vmId}.`);
        if (ip.vm === vm) return;
        if (ip.vm) throw new MemoryCloudError('PublicIpInUse', `${id} is carried by ${ip.vm.id}.`);
        if (settle(state, vm, now()).state !== 'Running')
          throw new MemoryCloudError(
            'IncorrectVmState',
            `${vmId} is ${vm.state}: it can't carry an address.`,
          );
        if (vm.ownIp) vm.ownIp.vm = undefined;
        else if (vm.publicIp !== '') publicAddresses.give(vm.publicIp);
        ip.vm = vm;
        vm.ownIp = ip;
        vm.publicIp = ip.address;
      }),
    dissociate: (call, id, vmId) =>
      send('DisassociateAddress', 'public-ip', call, id, () => {
        settleAll(state, now());
        const ip = ipOf(state, id);
        if (ip.vm?.id !== vmId) return;
        ip.vm.ownIp = undefined;
        ip.vm.publicIp = '';
        ip.vm = undefined;
      }),
  };
}
