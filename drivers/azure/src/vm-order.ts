/**
 * The order for a VM: one PUT that makes interface, public address, disk and VM together (`networkInterfaceConfigurations`), so that
 * nothing is left behind where it fails half way, and all of it goes with the VM (`deleteOption: Delete`).
 */
import { randomBytes } from 'node:crypto';
import type { CreateCall } from '@cloud-barista/driver/call';
import type { VmRequest } from '@cloud-barista/driver/vms';
import { types, type Arm } from './arm.ts';
import { loginUser } from './image-names.ts';
import type { Found } from './images.ts';
import { groupTags, keyTag, mark, subnetTag } from './marks.ts';

export interface Parts {
  found: Found;
  publicKey: string;
  /** The subnet's own name. */
  subnet: string;
  /** The network security group of the interface. */
  nsg: string;
}

export function orderOf(arm: Arm, call: CreateCall, request: VmRequest, parts: Parts): unknown {
  const { name, spec, vpc, rootDiskGb, userData } = request;
  const { location, zone } = arm.settings;
  const { found, subnet } = parts;
  const address = {
    name: `${name}-ip`,
    sku: { name: 'Standard', tier: 'Regional' },
    properties: {
      deleteOption: 'Delete',
      publicIPAllocationMethod: 'Static',
      publicIPAddressVersion: 'IPv4',
    },
  };
  const interfaceConfiguration = {
    name: `${name}-nic`,
    properties: {
      primary: true,
      deleteOption: 'Delete',
      networkSecurityGroup: { id: arm.pathOf(types.nsg, parts.nsg) },
      ipConfigurations: [
        {
          name: 'ipconfig1',
          properties: {
            primary: true,
            subnet: { id: `${arm.pathOf(types.vnet, vpc)}/subnets/${encodeURIComponent(subnet)}` },
            publicIPAddressConfiguration: address,
          },
        },
      ],
    },
  };
  return {
    location,
    tags: {
      ...mark(call.token),
      ...groupTags(request.securityGroups),
      [subnetTag]: request.subnet,
      [keyTag]: request.keyPair,
    },
    ...(zone !== '' && { zones: [zone] }),
    ...(found.plan && { plan: found.plan }),
    properties: {
      hardwareProfile: { vmSize: spec },
      storageProfile: {
        imageReference: found.reference,
        osDisk: {
          createOption: 'FromImage',
          deleteOption: 'Delete',
          // Premium disks are for some sizes only; these are for all.
          managedDisk: { storageAccountType: 'StandardSSD_LRS' },
          ...(rootDiskGb !== undefined && { diskSizeGB: rootDiskGb }),
        },
      },
      osProfile: {
        // Windows' host names have 15 letters.
        computerName: found.isWindows ? name.slice(0, 15).replace(/-+$/, '') : name,
        adminUsername: loginUser,
        ...(found.isWindows ? { adminPassword: nobodysPassword() } : linux(parts.publicKey)),
        // Read by cloud-init at first boot.
        ...(userData !== undefined && { customData: Buffer.from(userData, 'utf8').toString('base64') }),
      },
      networkProfile: {
        // A version that the reference of virtual machines names.
        networkApiVersion: '2020-11-01',
        networkInterfaceConfigurations: [interfaceConfiguration],
      },
    },
  };
}

const linux = (publicKey: string) => ({
  linuxConfiguration: {
    disablePasswordAuthentication: true,
    ssh: { publicKeys: [{ path: `/home/${loginUser}/.ssh/authorized_keys`, keyData: publicKey }] },
  },
});

/** Windows is not made without one, and takes no key. Kept nowhere: its owner sets another by Azure's "Reset password". */
const nobodysPassword = (): string => `${randomBytes(24).toString('base64url')}aA1!`;
