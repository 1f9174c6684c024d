/** MCIS: groups of VMs over several clouds, and commands on them. */
import { CommandInput, CommandResult } from '@cloud-barista/model/command';
import { Mcis, McisInput, McisPlan, McisSummary, McisVm, GroupInput } from '@cloud-barista/model/mcis';
import { closed, Name, oneOf, page } from '@cloud-barista/model/schema';
import { Done, inNamespace, PageQuery } from './common.ts';
import { define } from './define.ts';
import { Type } from '@cloud-barista/model/type';

const here = closed(inNamespace);
const one = closed({ ...inNamespace, mcis: Name });
const vm = closed({ ...inNamespace, mcis: Name, vm: Name });
const path = '/v1/namespaces/{namespace}/mcis';
const fromClouds = [
  'not_found',
  'aborted',
  'unavailable',
  'deadline_exceeded',
  'resource_exhausted',
  'failed_precondition',
] as const;
const act = (action: string, summary: string) =>
  define({
    method: 'POST',
    path: `${path}/{mcis}/${action}`,
    summary,
    answer: 'long',
    params: one,
    output: Mcis,
    errors: fromClouds,
  });

/** More VMs: of a group that stands (`group`, `count`), or a whole new group. */
export const AddVmsInput = Type.Union([
  closed({ group: Name, count: Type.Integer({ minimum: 1, maximum: 1000 }) }),
  closed({ newGroup: GroupInput }),
]);
/** One line of the streamed form: `stream` and `data`, or `result`. */
export const CommandEventShape = closed({
  vm: Name,
  stream: Type.Optional(oneOf(['stdout', 'stderr'])),
  data: Type.Optional(Type.String()),
  result: Type.Optional(CommandResult),
});
export const AccessInput = closed({
  publicKey: Type.String({ maxLength: 16384, description: 'OpenSSH form; let in for the login user' }),
});
export const Access = closed({
  user: Type.String(),
  host: Type.String(),
  port: Type.Integer(),
  /** The VM's pinned host key, OpenSSH form: `ssh-ed25519 AAAA…`. */
  hostKey: Type.String(),
});

export const mcis = {
  'mcis.create': define({
    method: 'POST',
    path,
    summary: 'Make an MCIS: networks, security groups, keys and VMs on every cloud it needs',
    answer: 'long',
    status: 201,
    params: here,
    body: McisInput,
    output: Mcis,
    errors: ['already_exists', ...fromClouds],
  }),
  'mcis.review': define({
    method: 'POST',
    path: `${path}/review`,
    summary: 'What would be made, and why; nothing is made',
    role: 'reader',
    params: here,
    body: McisInput,
    output: McisPlan,
    errors: ['already_exists', ...fromClouds],
  }),
  'mcis.list': define({
    method: 'GET',
    path,
    summary: 'List MCISes with their states',
    params: here,
    query: PageQuery,
    output: page(McisSummary),
    errors: ['not_found'],
  }),
  'mcis.get': define({
    method: 'GET',
    path: `${path}/{mcis}`,
    summary: 'Show an MCIS with its VMs',
    params: one,
    output: Mcis,
    errors: ['not_found'],
  }),
  'mcis.suspend': act('suspend', 'Suspend every VM'),
  'mcis.resume': act('resume', 'Resume every VM'),
  'mcis.reboot': act('reboot', 'Reboot every VM'),
  'mcis.terminate': act('terminate', 'Terminate every VM; the MCIS and its networks stay'),
  'mcis.delete': define({
    method: 'DELETE',
    path: `${path}/{mcis}`,
    summary: 'Terminate every VM and remove what was made for the MCIS; what was found there stays',
    answer: 'long',
    params: one,
    output: Done,
    errors: fromClouds,
  }),

  'mcis-vm.add': define({
    method: 'POST',
    path: `${path}/{mcis}/vms`,
    summary: 'Add VMs',
    answer: 'long',
    status: 201,
    params: one,
    body: AddVmsInput,
    output: Mcis,
    errors: ['already_exists', ...fromClouds],
  }),
  'mcis-vm.list': define({
    method: 'GET',
    path: `${path}/{mcis}/vms`,
    summary: 'List the VMs of an MCIS',
    params: one,
    query: PageQuery,
    output: page(McisVm),
    errors: ['not_found'],
  }),
  'mcis-vm.get': define({
    method: 'GET',
    path: `${path}/{mcis}/vms/{vm}`,
    summary: 'Show a VM of an MCIS',
    params: vm,
    output: McisVm,
    errors: ['not_found'],
  }),
  'mcis-vm.remove': define({
    method: 'DELETE',
    path: `${path}/{mcis}/vms/{vm}`,
    summary: 'Terminate a VM and take it out of its MCIS',
    answer: 'long',
    params: vm,
    output: Mcis,
    errors: fromClouds,
  }),
  'mcis-vm.access': define({
    method: 'POST',
    path: `${path}/{mcis}/vms/{vm}/access`,
    summary: 'Let a public key in over SSH, and say where; the platform’s own private key never leaves it',
    params: vm,
    body: AccessInput,
    output: Access,
    errors: fromClouds,
  }),

  'command.run': define({
    method: 'POST',
    path: `${path}/{mcis}/commands`,
    summary: 'Run a command over SSH on all, some or one of the VMs; answers when all have ended',
    params: one,
    body: CommandInput,
    output: closed({ results: Type.Array(CommandResult) }),
    errors: fromClouds,
  }),
  'command.stream': define({
    method: 'POST',
    path: `${path}/{mcis}/commands/stream`,
    summary: 'Run a command; output is streamed as it comes',
    answer: 'stream',
    params: one,
    body: CommandInput,
    output: CommandEventShape,
    errors: fromClouds,
  }),
} as const;
