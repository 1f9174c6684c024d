/** The disks of an instance to be: new ones from images, and ones that stand. Source: API reference, instances, disks[]. */
import { checkKeys, flag, integer, isName, labelsOf, object, objects, text, type Json } from './body.ts';
import { own, type Call } from './call.ts';
import { diskPath, linkedDisk, planDisk, sourceOf } from './disks.ts';
import type { DiskSource } from './disk-sources.ts';
import { GcpError, inUse, invalid, required } from './errors.ts';
import { instancePath } from './instance-view.ts';
import type { MachineType } from './machine-type-catalogue.ts';
import type { AttachedDisk } from './records.ts';

const knownDisk = new Set(
  'kind type savedState mode source deviceName index boot initializeParams autoDelete licenses interface guestOsFeatures diskEncryptionKey diskSizeGb shieldedInstanceInitialState forceAttach architecture'.split(
    ' ',
  ),
);
const knownParams = new Set(
  'diskName sourceImage diskSizeGb diskType sourceImageEncryptionKey labels description replicaZones resourcePolicies onUpdateAction provisionedIops provisionedThroughput enableConfidentialCompute sourceSnapshot sourceSnapshotEncryptionKey licenses architecture resourceManagerTags storagePool'.split(
    ' ',
  ),
);

export interface PlannedDisk extends AttachedDisk {
  isNew: boolean;
  /** What a new one is made of. */
  from: DiskSource | undefined;
}

/** Of disks[] and of attachDisk. */
export function readOnlyOf(input: Json, at: string): boolean {
  const mode = text(input, 'mode', at) ?? 'READ_WRITE';
  if (mode !== 'READ_WRITE' && mode !== 'READ_ONLY')
    throw invalid(`${at}.mode`, mode, 'Must be one of READ_WRITE, READ_ONLY.');
  return mode === 'READ_ONLY';
}
export function checkAttached(input: Json, at: string): void {
  checkKeys(input, knownDisk, at);
  const type = text(input, 'type', at) ?? 'PERSISTENT';
  if (type !== 'PERSISTENT')
    throw invalid(`${at}.type`, type, 'Only PERSISTENT disks are known to this machine type.');
}
/** Shared-core types take 16. Source: "Disk limits". */
export const mostDisks = (type: MachineType): number => (type.shared ? 16 : 128);

/** Checks all and makes nothing yet. */
export function planDisks(
  call: Call,
  body: Json,
  name: string,
  type: MachineType,
  /** Of a machine image's disks, which say nothing of it themselves. */
  sources: readonly DiskSource[] = [],
): PlannedDisk[] {
  const inputs = objects(body, 'disks');
  if (!inputs || inputs.length === 0) throw required('resource.disks');
  if (inputs.length > mostDisks(type))
    throw invalid('resource.disks', '', `Too many disks: at most ${mostDisks(type)} are allowed.`);
  const planned = inputs.map((input, index): PlannedDisk => {
    const at = `resource.disks[${index}]`;
    checkAttached(input, at);
    const source = text(input, 'source', at);
    const params = object(input, 'initializeParams', at);
    if ((source === undefined) === (params === undefined))
      throw invalid(at, '', 'Exactly one of source and initializeParams must be specified.');
    const boot = flag(input, 'boot', at) ?? index === 0;
    if (boot !== (index === 0))
      throw new GcpError(400, 'invalid', 'Boot disk must be the first disk attached to the instance.');
    const common = {
      boot,
      autoDelete: flag(input, 'autoDelete', at) ?? false,
      deviceName: text(input, 'deviceName', at) ?? `persistent-disk-${index}`,
      readOnly: readOnlyOf(input, at),
    };
    if (source !== undefined) {
      const disk = linkedDisk(call, source, `${at}.source`);
      if (disk.user)
        throw inUse(
          'disk',
          own(call, diskPath(disk.zone, disk.name)),
          own(call, instancePath(disk.zone, disk.user.name)),
        );
      if (boot && disk.os === '') throw invalid(`${at}.source`, source, 'The disk is not bootable.');
      return { ...common, disk, isNew: false, from: undefined };
    }
    const given = params ?? {};
    const here = `${at}.initializeParams`;
    checkKeys(given, knownParams, here);
    const sourceImage = text(given, 'sourceImage', here);
    const from = sources[index] ?? sourceOf(call, given, here, sourceImage);
    if (boot && !from) throw invalid(`${here}.sourceImage`, '', 'Boot disk must have a source specified');
    if (boot && from?.os === '')
      throw invalid(
        `${here}.source${from.noun === 'image' ? 'Image' : 'Snapshot'}`,
        '',
        'It is not bootable.',
      );
    const diskName = text(given, 'diskName', here) ?? (index === 0 ? name : `${name}-${index}`);
    if (!isName(diskName))
      throw invalid(
        `${here}.diskName`,
        diskName,
        `Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'`,
      );
    const disk = planDisk(call, {
      name: diskName,
      zone: call.zone,
      source: from,
      sizeGb: integer(given, 'diskSizeGb', here) ?? integer(input, 'diskSizeGb', at),
      type: text(given, 'diskType', here),
      at: here,
      fields: { size: 'diskSizeGb', type: 'diskType' },
      description: text(given, 'description', here),
      labels: labelsOf(given, here),
    });
    return { ...common, disk, isNew: true, from };
  });
  const names = new Set(planned.map(({ disk }) => disk.name));
  if (names.size < planned.length) throw invalid('resource.disks', '', 'Duplicate disk names.');
  const devices = new Set(planned.map(each => each.deviceName));
  if (devices.size < planned.length) throw invalid('resource.disks', '', 'Duplicate device names.');
  return planned;
}
