/** The other side of each declared capability: what a driver says it can't do it refuses before any request leaves. */
import { capabilityWords, type Capability } from '@cloud-barista/driver/driver';
import { tagCapability } from '@cloud-barista/driver/tags';
import { newToken, cloudId } from '@cloud-barista/model/ids';
import { taggedKinds } from '@cloud-barista/model/tag';
import type { SecurityRule } from '@cloud-barista/model/security-group';
import { skip, type It, type Stage } from './stage.ts';

/** No request may leave, so none of these needs to be there. */
const id = cloudId('suite-nothing');
const inbound: SecurityRule = {
  direction: 'inbound',
  protocol: 'tcp',
  fromPort: 22,
  toPort: 22,
  cidr: '0.0.0.0/0',
};
const outbound: SecurityRule = { ...inbound, direction: 'outbound' };
// Tokens that nothing is made with need not be swept.
const create = (stage: Stage) => ({ ...stage.call(), token: newToken(), again: false });
const vm = {
  name: 'suite-nothing',
  image: id,
  spec: id,
  vpc: id,
  subnet: id,
  securityGroups: [id],
  keyPair: id,
};

/** Those without a row lead to no deed: what they stand for is not there at all (driver.ts asserts it), or not to be refused. */
const deeds: Partial<Record<Capability, (stage: Stage) => (() => Promise<unknown>)[]>> = {
  'vm.suspend': stage => [
    () => stage.cloud.vms.suspend(stage.call(), id),
    () => stage.cloud.vms.resume(stage.call(), id),
  ],
  'vm.reboot': stage => [() => stage.cloud.vms.reboot(stage.call(), id)],
  'vm.userData': stage => [() => stage.cloud.vms.create(create(stage), { ...vm, userData: '#!/bin/sh\n' })],
  'vm.rootDisk': stage => [() => stage.cloud.vms.create(create(stage), { ...vm, rootDiskGb: 20 })],
  'vpc.addSubnet': stage => [
    () =>
      stage.cloud.vpcs.addSubnet(create(stage), id, { name: 'suite-nothing', cidr: '10.0.1.0/24', zone: '' }),
  ],
  'securityGroup.outbound': stage => [
    () =>
      stage.cloud.securityGroups.create(create(stage), { name: 'suite-nothing', vpc: id, rules: [outbound] }),
    ...(stage.can('securityGroup.changeRules')
      ? [() => stage.cloud.securityGroups.addRules(stage.call(), id, [outbound])]
      : []),
  ],
  'securityGroup.changeRules': stage => [
    () => stage.cloud.securityGroups.addRules(stage.call(), id, [inbound]),
    () => stage.cloud.securityGroups.removeRules(stage.call(), id, [inbound]),
  ],
  'disk.resize': stage => {
    const { disks } = stage.cloud;
    return disks ? [() => disks.resize(stage.call(), id, 20)] : [];
  },
  ...Object.fromEntries(
    taggedKinds.map(kind => [
      tagCapability[kind],
      (stage: Stage) => {
        const { tags } = stage.cloud;
        return tags
          ? [
              () => tags.get(stage.call(), kind, id),
              () => tags.set(stage.call(), kind, id, { owner: 'suite' }),
              () => tags.remove(stage.call(), kind, id, ['owner']),
            ]
          : [];
      },
    ]),
  ),
};

export function capabilityCases(it: It): void {
  for (const capability of capabilityWords)
    it(`${capability} is refused before any request leaves, where it is not declared`, async stage => {
      if (stage.can(capability)) skip('declared: its own cases try it');
      const tries = deeds[capability]?.(stage) ?? [];
      if (tries.length === 0) skip('there is nothing to refuse: what it stands for is not there at all');
      for (const deed of tries) await stage.refused(deed);
    });
}
