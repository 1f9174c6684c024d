/** A VM as Resource Manager shows it. Source: Compute REST API, VirtualMachine and VirtualMachineInstanceView. */
import { idOf } from '../ids.ts';
import type { Disk, VirtualMachine } from '../records.ts';
import { head } from '../tracked.ts';
import { powerOf, statusesOf } from './vm-state.ts';

const managed = (disk: Disk) => ({ storageAccountType: disk.sku, id: idOf(disk) });

export function instanceView(vm: VirtualMachine) {
  const running = powerOf(vm) === 'running';
  const disks = [vm.osDisk, ...vm.dataDisks.map(each => each.disk)].filter(disk => disk !== undefined);
  const [osName = '', osVersion = ''] = vm.image.osName.split(/ (?=[\d.]+$)/);
  return {
    ...(running && {
      computerName: vm.os.computerName,
      osName: osName.toLowerCase(),
      osVersion,
      vmAgent: {
        vmAgentVersion: '2.11.1.12',
        statuses: [
          {
            code: 'ProvisioningState/succeeded',
            level: 'Info',
            displayStatus: 'Ready',
            message: 'Guest Agent is running',
          },
        ],
        extensionHandlers: [],
      },
    }),
    disks: disks.map(disk => ({
      name: disk.name,
      statuses: [
        { code: 'ProvisioningState/succeeded', level: 'Info', displayStatus: 'Provisioning succeeded' },
      ],
    })),
    hyperVGeneration: vm.image.generation,
    statuses: statusesOf(vm),
  };
}

function imageReferenceView({ reference }: VirtualMachine) {
  switch (reference.kind) {
    case 'platform': {
      const { publisher, offer, sku, version } = reference.image;
      const shown = {
        publisher,
        offer,
        sku,
        version: reference.latest ? 'latest' : version,
        exactVersion: version,
      };
      return { imageReference: shown };
    }
    case 'custom': {
      const { id, exactVersion } = reference;
      return { imageReference: { id, ...(exactVersion !== undefined && { exactVersion }) } };
    }
    case 'attached':
      return {};
  }
}

export function vmView(vm: VirtualMachine, withInstance: boolean) {
  const { os, osDisk } = vm;
  return {
    ...head(vm),
    ...(vm.zones.length > 0 && { zones: vm.zones }),
    properties: {
      vmId: vm.guid,
      provisioningState: vm.state,
      hardwareProfile: { vmSize: vm.size.name },
      storageProfile: {
        ...imageReferenceView(vm),
        osDisk: {
          osType: 'Linux',
          name: vm.osDiskName,
          createOption: vm.reference.kind === 'attached' ? 'Attach' : 'FromImage',
          caching: vm.osDiskCaching,
          ...(osDisk && { managedDisk: managed(osDisk), diskSizeGB: osDisk.sizeGb }),
          deleteOption: vm.osDiskDelete,
        },
        dataDisks: vm.dataDisks.map(({ lun, disk, caching, deleteOption }) => ({
          lun,
          name: disk.name,
          createOption: disk.creation.option === 'FromImage' ? 'FromImage' : 'Attach',
          caching,
          managedDisk: managed(disk),
          diskSizeGB: disk.sizeGb,
          deleteOption,
          toBeDetached: false,
        })),
      },
      ...(!vm.specialized && {
        osProfile: {
          computerName: os.computerName,
          adminUsername: os.adminUsername,
          linuxConfiguration: {
            disablePasswordAuthentication: os.disablePasswordAuthentication,
            ...(os.keys.length > 0 && { ssh: { publicKeys: os.keys } }),
            provisionVMAgent: true,
            patchSettings: { patchMode: 'ImageDefault', assessmentMode: 'ImageDefault' },
          },
          secrets: [],
          allowExtensionOperations: true,
          requireGuestProvisionSignal: true,
        },
      }),
      networkProfile: {
        networkInterfaces: vm.nics.map(({ nic, primary, deleteOption }) => ({
          id: idOf(nic),
          properties: { primary, deleteOption },
        })),
      },
      timeCreated: new Date(vm.createdAt).toISOString(),
      ...(withInstance && { instanceView: instanceView(vm) }),
    },
  };
}
