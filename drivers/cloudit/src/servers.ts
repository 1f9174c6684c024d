/** Cloudit's server as our VM. Its description holds what made it: token, VPC, subnet, key pair and image. */
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { VmState } from '@cloud-barista/model/state';
import type { CloudVm, VmRequest } from '@cloud-barista/driver/vms';
import { timeOf, type Server } from './fields.ts';
import { describeMark, markOf } from './marks.ts';

const byState: Readonly<Record<string, VmState>> = {
  CREATING: 'Creating',
  RUNNING: 'Running',
  STOPPING: 'Suspending',
  STOPPED: 'Suspended',
  STARTING: 'Resuming',
  REBOOTING: 'Rebooting',
  TERMINATING: 'Terminating',
  TERMINATED: 'Terminated',
  FAILED: 'Failed',
};
export const stateOf = ({ state = '' }: Server): VmState => byState[state.toUpperCase()] ?? 'Undefined';

export const describeServer = (token: Token, { vpc, subnet, keyPair, image }: VmRequest): string =>
  describeMark('vm', token, vpc, subnet, keyPair, image);

export interface Origin {
  token: Token;
  vpc: string;
  subnet: string;
  keyPair: string;
  image: string;
}
/** undefined where it was not we who made it. */
export function originOf(server: Server): Origin | undefined {
  const mark = markOf('vm', server);
  const [vpc, subnet, keyPair, image] = mark?.rest ?? [];
  return mark && vpc !== undefined && subnet !== undefined && keyPair !== undefined && image !== undefined
    ? { token: mark.token, vpc, subnet, keyPair, image }
    : undefined;
}

const groupsOf = ({ secgroups }: Server): string[] => (secgroups ?? []).map(group => group.id);

/** It is in the group of its key pair until the key is in place. */
export function isLocked(server: Server): boolean {
  const keyPair = originOf(server)?.keyPair;
  return keyPair !== undefined && groupsOf(server).includes(keyPair);
}

const id = (text: string | undefined): CloudId => cloudId(text ?? '');

export function vmOf(server: Server): CloudVm {
  const origin = originOf(server);
  return {
    id: cloudId(server.id),
    name: server.name,
    state: stateOf(server),
    image: id(origin?.image ?? server.templateId),
    spec: id(server.specId),
    vpc: id(origin?.vpc),
    subnet: id(origin?.subnet),
    securityGroups: groupsOf(server)
      .filter(group => group !== origin?.keyPair)
      .map(cloudId),
    keyPair: id(origin?.keyPair),
    zone: '',
    // Before its key is in place it is not usable, whatever address it has.
    publicIp: isLocked(server) ? '' : (server.adaptiveIp ?? ''),
    privateIp: server.privateIp ?? '',
    created: timeOf(server.createdAt) || new Date(0).toISOString(),
    ...(origin && { token: origin.token }),
  };
}
