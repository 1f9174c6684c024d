/** VMs of one connection. */
import { Vm, VmInput } from '@cloud-barista/model/vm';
import { closed, Name, page } from '@cloud-barista/model/schema';
import { Done, inConnection, PageQuery } from './common.ts';
import { define } from './define.ts';

const here = closed(inConnection);
const vm = closed({ ...inConnection, vm: Name });
const fromCloud = [
  'not_found',
  'unavailable',
  'deadline_exceeded',
  'resource_exhausted',
  'failed_precondition',
  'aborted',
] as const;
const path = '/v1/connections/{connection}/vms';
const act = (action: string, summary: string) =>
  define({
    method: 'POST',
    path: `${path}/{vm}/${action}`,
    summary,
    answer: 'long',
    params: vm,
    output: Vm,
    errors: fromCloud,
  });

export const vms = {
  'vm.create': define({
    method: 'POST',
    path,
    summary: 'Make a VM; done when it is Running with its addresses',
    answer: 'long',
    status: 201,
    params: here,
    body: VmInput,
    output: Vm,
    errors: ['already_exists', ...fromCloud],
  }),
  'vm.list': define({
    method: 'GET',
    path,
    summary: 'List VMs with their states',
    params: here,
    query: PageQuery,
    output: page(Vm),
    errors: ['not_found'],
  }),
  'vm.get': define({
    method: 'GET',
    path: `${path}/{vm}`,
    summary: 'Show a VM',
    params: vm,
    output: Vm,
    errors: ['not_found'],
  }),
  'vm.suspend': act('suspend', 'Stop a VM; its disk stays'),
  'vm.resume': act('resume', 'Start a suspended VM'),
  'vm.reboot': act('reboot', 'Restart a VM'),
  'vm.terminate': define({
    method: 'DELETE',
    path: `${path}/{vm}`,
    summary: 'End a VM and release what came with it',
    answer: 'long',
    params: vm,
    output: Done,
    errors: fromCloud,
  }),
} as const;
