/** What VMs need before they can be made – one VPC with a subnet, one group, one key for the whole run – and the making of VMs. */
import assert from 'node:assert/strict';
import type { CreateCall } from '@cloud-barista/driver/call';
import type { CloudKeyPair } from '@cloud-barista/driver/key-pairs';
import type { CloudSecurityGroup } from '@cloud-barista/driver/security-groups';
import type { CloudVm, VmRequest } from '@cloud-barista/driver/vms';
import type { CloudVpc } from '@cloud-barista/driver/vpcs';
import { cloudId, type CloudId } from '@cloud-barista/model/ids';
import type { VmState } from '@cloud-barista/model/state';
import { newEd25519Key } from './openssh.ts';
import type { Stage } from './stage.ts';

export const rigCidr = '10.77.0.0/16';
export const rigSubnetCidr = '10.77.1.0/24';

export interface Ground {
  vpc: CloudVpc;
  subnet: CloudId;
  /** The subnet's block: `rigSubnetCidr`, or the cloud's choice. */
  cidr: string;
  group: CloudSecurityGroup;
  key: CloudKeyPair;
}

export interface Rig {
  ground(): Promise<Ground>;
  /** A VM's request on the ground; `change` replaces parts of it. */
  request(change?: Partial<VmRequest>): Promise<VmRequest>;
  /** Orders a VM and returns the cloud's answer. */
  order(change?: Partial<VmRequest>, call?: CreateCall): Promise<CloudVm>;
  /** One VM for many cases, Running and with a public address. */
  standing(): Promise<CloudVm>;
  /** Waits for a state; `Failed` ends the wait. */
  reach(id: CloudId, state: VmState): Promise<CloudVm>;
  /** Waits for Running, then for a public address – asking for what the driver's `complete` adds. */
  usable(id: CloudId, call: CreateCall): Promise<CloudVm>;
}

export function createRig(stage: Stage): Rig {
  const { cloud, subject } = stage;
  let ground: Promise<Ground> | undefined;
  let standing: Promise<{ id: CloudId; call: CreateCall }> | undefined;

  async function makeGround(): Promise<Ground> {
    const vpcCall = stage.create('vpc');
    const vpc = stage.note(
      vpcCall,
      await cloud.vpcs.create(vpcCall, {
        name: stage.name('rig'),
        cidr: rigCidr,
        subnets: [{ name: stage.name('net'), cidr: rigSubnetCidr, zone: '' }],
      }),
    );
    const [subnet] = vpc.subnets;
    assert.ok(subnet, 'a VPC asked for with a subnet comes with it');
    if (stage.can('vpc.cidr')) assert.equal(subnet.cidr, rigSubnetCidr);
    const groupCall = stage.create('security-group');
    const group = stage.note(
      groupCall,
      await cloud.securityGroups.create(groupCall, {
        name: stage.name('sg'),
        vpc: vpc.id,
        rules: [{ direction: 'inbound', protocol: 'tcp', fromPort: 22, toPort: 22, cidr: '0.0.0.0/0' }],
      }),
    );
    const keyCall = stage.create('key-pair');
    const key = stage.note(
      keyCall,
      await cloud.keyPairs.create(keyCall, { name: stage.name('key'), publicKey: newEd25519Key() }),
    );
    return { vpc, subnet: subnet.id, cidr: subnet.cidr, group, key };
  }

  const rig: Rig = {
    ground: () => (ground ??= makeGround()),
    async request(change = {}) {
      const { vpc, subnet, group, key } = await rig.ground();
      return {
        name: stage.name('vm'),
        image: cloudId(subject.image),
        spec: cloudId(subject.spec),
        vpc: vpc.id,
        subnet,
        securityGroups: [group.id],
        keyPair: key.id,
        ...change,
      };
    },
    async order(change, call = stage.create('vm')) {
      return stage.note(call, await cloud.vms.create(call, await rig.request(change)));
    },
    async standing() {
      standing ??= (async () => {
        const call = stage.create('vm');
        return { id: (await rig.order({}, call)).id, call };
      })();
      const { id, call } = await standing;
      return rig.usable(id, call);
    },
    reach: (id, state) =>
      stage
        .until(
          `VM ${id} to be ${state}`,
          () => cloud.vms.get(stage.call(), id),
          vm => vm.state === state || (vm.state === 'Failed' && state !== 'Failed'),
        )
        .then(vm => {
          assert.equal(vm.state, state);
          return vm;
        }),
    async usable(id, call) {
      const vm = await rig.reach(id, 'Running');
      if (vm.publicIp !== '') return vm;
      if (cloud.vms.complete)
        await cloud.vms.complete({ ...stage.call(), token: call.token, again: false }, id);
      return stage.until(
        `VM ${id} to have a public address`,
        () => cloud.vms.get(stage.call(), id),
        vm => vm.publicIp !== '',
      );
    },
  };
  return rig;
}
