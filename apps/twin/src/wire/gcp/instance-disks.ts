/** The disks of an instance to be: new ones from images, and ones that stand. Source: API reference, instances, disks[]. */
import { checkKeys, flag, integer, isName, labelsOf, object, objects, text, type Json } from './body.ts';
import { own, type Call } from './call.ts';
import { diskPath, planDisk } from './disks.ts';
import { danglingLink, GcpError, inUse, invalid, required } from './errors.ts';
import { linkedImage } from './images.ts';
import { instancePath } from './instance-view.ts';
import { ready } from './operations.ts';
import type { AttachedDisk } from './records.ts';
import { parseLink } from './text.ts';

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
}

/** Checks all and makes nothing yet. */
export function planDisks(call: Call, body: Json, name: string): PlannedDisk[] {
  const inputs = objects(body, 'disks');
  if (!inputs || inputs.length === 0) throw required('resource.disks');
  if (inputs.length > 128) throw invalid('resource.disks', '', 'Too many disks: at most 128 are allowed.');
  const planned = inputs.map((input, index): PlannedDisk => {
    const at = `resource.disks[${index}]`;
    checkKeys(input, knownDisk, at);
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
      readOnly: text(input, 'mode', at) === 'READ_ONLY',
    };
    if (source !== undefined) {
      const { name: diskName, place } = parseLink(call, source, `${at}.source`, 'disks');
      const standing = call.account.disks.get(place)?.get(diskName);
      if (!standing || place !== call.zone) throw danglingLink(`${at}.source`, source, 'disk');
      const disk = ready(call, standing, diskPath(place, diskName));
      if (disk.user)
        throw inUse(
          'disk',
          own(call, diskPath(place, diskName)),
          own(call, instancePath(place, disk.user.name)),
        );
      if (boot && disk.sourceImage === '') throw invalid(`${at}.source`, source, 'The disk is not bootable.');
      return { ...common, disk, isNew: false };
    }
    const given = params ?? {};
    const here = `${at}.initializeParams`;
    checkKeys(given, knownParams, here);
    const sourceImage = text(given, 'sourceImage', here);
    if (boot && sourceImage === undefined)
      throw invalid(`${here}.sourceImage`, '', 'Boot disk must have a source specified');
    const image =
      sourceImage === undefined ? undefined : linkedImage(call, sourceImage, `${here}.sourceImage`);
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
      image,
      sizeGb: integer(given, 'diskSizeGb', here) ?? integer(input, 'diskSizeGb', at),
      type: text(given, 'diskType', here),
      at: here,
      description: text(given, 'description', here),
      labels: labelsOf(given, here),
    });
    return { ...common, disk, isNew: true };
  });
  const names = new Set(planned.map(({ disk }) => disk.name));
  if (names.size < planned.length) throw invalid('resource.disks', '', 'Duplicate disk names.');
  return planned;
}
