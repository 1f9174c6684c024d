/**
 * ModifyVolume and DescribeVolumesModifications. Source: EC2 API reference (four modifications in a rolling 24 hours, each after the
 * last has completed); EBS user guide, "Monitor the progress of volume modifications" (the new size is there when optimizing begins).
 */
import { commit, type Call } from './call.ts';
import { Ec2Error, combination } from './errors.ts';
import { filterAll, page } from './filters.ts';
import { later } from './instance-life.ts';
import { iso } from './instance-view.ts';
import { own } from './query.ts';
import { quota } from './quotas.ts';
import type { Volume, VolumeModification, VolumeShape } from './records.ts';
import { allVolumes, checkStorage, findVolume, takeStorage } from './volume-records.ts';
import { askedFigures, multiAttachable, readFigures } from './volume-types.ts';
import { stateOfVolume } from './volumes.ts';
import type { Members } from './xml.ts';

const day = 24 * 60 * 60_000;

/** A volume is left as it is until all of the request is checked. */
function readTarget({ params }: Call, shape: VolumeShape): VolumeShape {
  const type = params.text('VolumeType') ?? shape.type;
  const sizeGib = params.integer('Size') ?? shape.sizeGib;
  const asked = askedFigures(params);
  if (sizeGib < shape.sizeGib)
    throw new Ec2Error('InvalidParameterValue', 'New size cannot be smaller than existing size');
  if (type !== shape.type && type === 'standard')
    throw new Ec2Error('InvalidParameterValue', 'A volume cannot be modified to the type standard');
  // What is not asked for stays as it is; the figures of gp2 follow the size, those of another type are its own.
  const keeps = type === shape.type && type !== 'gp2';
  const between = (type === 'io1' || type === 'io2') && (shape.type === 'io1' || shape.type === 'io2');
  const figures = readFigures(type, sizeGib, {
    iops: asked.iops ?? (keeps || between ? shape.iops : undefined),
    throughput: asked.throughput ?? (keeps ? shape.throughput : undefined),
  });
  return { ...shape, ...figures, type: own(type) };
}

function checkRate({ site, world }: Call, volume: Volume): void {
  const { modification, id } = volume;
  if (modification && modification.state !== 'completed')
    throw new Ec2Error(
      'IncorrectModificationState',
      `Cannot modify volume ${id} in modification state ${modification.state.toUpperCase()}`,
    );
  const most = quota(site.cloud, 'volumeModificationsPerDay');
  const since = world.now() - day;
  if (volume.modifiedAt.filter(at => at > since).length >= most)
    throw new Ec2Error(
      'VolumeModificationRateExceeded',
      `You've reached the maximum modification rate per volume limit. A volume can be modified ${most} times within a rolling 24-hour period.`,
    );
}

export function modifyVolume(call: Call): Members {
  const { site, world, params } = call;
  const volume = findVolume(site, params.required('VolumeId'));
  const asked = ['Size', 'VolumeType', 'Iops', 'Throughput', 'MultiAttachEnabled'];
  if (asked.every(name => params.text(name) === undefined))
    throw combination('At least one of Size, VolumeType, Iops, Throughput and MultiAttachEnabled is needed');
  const state = stateOfVolume(volume);
  if (state !== 'in-use' && state !== 'available')
    throw new Ec2Error('IncorrectState', `The volume '${volume.id}' is in the '${state}' state.`);
  const target = readTarget(call, volume.shape);
  const multiAttach = params.boolean('MultiAttachEnabled') ?? volume.multiAttach;
  if (multiAttach !== volume.multiAttach && (target.type !== 'io2' || volume.attachments.length > 0))
    throw combination('Multi-Attach can be changed for io2 volumes that are not attached only.');
  if (multiAttach && !multiAttachable(target.type))
    throw combination(`Multi-Attach is not supported for volume type '${target.type}'.`);
  checkRate(call, volume);
  const grown = target.type === volume.shape.type ? target.sizeGib - volume.shape.sizeGib : target.sizeGib;
  checkStorage(site, target.type, grown);
  commit(call);
  takeStorage(site, target.type, grown);
  const now = world.now();
  const modification: VolumeModification = {
    original: volume.shape,
    target,
    multiAttach: { original: volume.multiAttach, target: multiAttach },
    state: 'modifying',
    startedAt: now,
    endedAt: 0,
  };
  volume.modification = modification;
  volume.modifiedAt = [...volume.modifiedAt.filter(at => at > now - day), now];
  const { start } = site.cloud.delays;
  later(call, start, () => {
    volume.shape = target;
    volume.multiAttach = multiAttach;
    modification.state = 'optimizing';
    later(call, start, () => {
      modification.state = 'completed';
      modification.endedAt = world.now();
    });
  });
  return { volumeModification: modificationView({ volume, modification }) };
}

interface Row {
  readonly volume: Volume;
  readonly modification: VolumeModification;
}

const progress = { modifying: 0, optimizing: 50, completed: 100 } as const;

const modificationView = ({ volume, modification }: Row): Members => {
  const { original, target, multiAttach, state, startedAt, endedAt } = modification;
  return {
    volumeId: volume.id,
    modificationState: state,
    targetSize: target.sizeGib,
    targetIops: target.iops,
    targetVolumeType: target.type,
    targetThroughput: target.throughput,
    targetMultiAttachEnabled: multiAttach.target,
    originalSize: original.sizeGib,
    originalIops: original.iops,
    originalVolumeType: original.type,
    originalThroughput: original.throughput,
    originalMultiAttachEnabled: multiAttach.original,
    progress: progress[state],
    startTime: iso(startedAt),
    endTime: endedAt === 0 ? undefined : iso(endedAt),
  };
};

const modificationFilters = {
  'modification-state': ({ modification }: Row) => modification.state,
  'original-iops': ({ modification }: Row) => modification.original.iops,
  'original-size': ({ modification }: Row) => modification.original.sizeGib,
  'original-volume-type': ({ modification }: Row) => modification.original.type,
  originalMultiAttachEnabled: ({ modification }: Row) => modification.multiAttach.original,
  'start-time': ({ modification }: Row) => iso(modification.startedAt),
  'target-iops': ({ modification }: Row) => modification.target.iops,
  'target-size': ({ modification }: Row) => modification.target.sizeGib,
  'target-volume-type': ({ modification }: Row) => modification.target.type,
  targetMultiAttachEnabled: ({ modification }: Row) => modification.multiAttach.target,
  'volume-id': ({ volume }: Row) => volume.id,
};

export function describeVolumesModifications({ site, params }: Call): Members {
  const ids = params.texts('VolumeId');
  const volumes = ids.length === 0 ? allVolumes(site) : ids.map(id => findVolume(site, id));
  const rows = volumes.flatMap(volume => {
    const { n, modification } = volume;
    return modification ? [{ n, volume, modification }] : [];
  });
  const never = volumes.find(volume => !volume.modification);
  if (ids.length > 0 && never)
    throw new Ec2Error(
      'InvalidVolumeModification.NotFound',
      `Modification for volume '${never.id}' does not exist.`,
    );
  const found = filterAll(params, modificationFilters, rows);
  const rule = { least: 1, most: 500, not: 'VolumeId' };
  const { records, nextToken } = page(params, 'DescribeVolumesModifications', found, rule);
  return { volumeModificationSet: records.map(modificationView), nextToken };
}
