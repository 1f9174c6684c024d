/**
 * The types of EBS volumes: sizes in GiB, IOPS, throughput in MiB/s, and how these limit each other.
 * Source: EBS user guide, "Amazon EBS volume types" (gp3 with the limits of 2025: 64 TiB, 80,000 IOPS, 2,000 MiB/s).
 */
import { Ec2Error, combination } from './errors.ts';
import type { Params } from './query.ts';
import type { VolumeShape } from './records.ts';

interface Range {
  readonly least: number;
  readonly most: number;
}
interface Limits {
  readonly size: Range;
  /** Where IOPS are asked for. */
  readonly iops?: Range & { readonly perGib: number; readonly usual?: number };
  readonly throughput?: Range & { readonly usual: number };
}

/** MiB/s for each IOPS that a gp3 volume has. */
const throughputPerIops = 0.25;

const volumeTypes: Readonly<Record<string, Limits>> = {
  gp2: { size: { least: 1, most: 16_384 } },
  gp3: {
    size: { least: 1, most: 65_536 },
    iops: { least: 3000, most: 80_000, perGib: 500, usual: 3000 },
    throughput: { least: 125, most: 2000, usual: 125 },
  },
  io1: { size: { least: 4, most: 16_384 }, iops: { least: 100, most: 64_000, perGib: 50 } },
  io2: { size: { least: 4, most: 65_536 }, iops: { least: 100, most: 256_000, perGib: 1000 } },
  st1: { size: { least: 125, most: 16_384 } },
  sc1: { size: { least: 125, most: 16_384 } },
  standard: { size: { least: 1, most: 1024 } },
};

export const multiAttachable = (type: string): boolean => type === 'io1' || type === 'io2';

const bad = (message: string) => new Ec2Error('InvalidParameterValue', message);
const ratio = (value: number) => value.toFixed(6);

export function checkType(type: string): void {
  if (!Object.hasOwn(volumeTypes, type))
    throw new Ec2Error('UnknownVolumeType', `Unsupported volume type '${type}' for volume creation.`);
}

/** gp2 earns 3 IOPS a GiB, at least 100, at most 16,000. */
const earned = (sizeGib: number): number => Math.min(16_000, Math.max(100, sizeGib * 3));

function readIops(asked: number | undefined, type: string, sizeGib: number): number | undefined {
  const { iops } = volumeTypes[type] ?? {};
  if (!iops) {
    if (asked !== undefined) throw combination(`The parameter iops is not supported for ${type} volumes.`);
    return type === 'gp2' ? earned(sizeGib) : undefined;
  }
  const value = asked ?? iops.usual;
  if (value === undefined)
    throw new Ec2Error('MissingParameter', `The request must contain the parameter iops for ${type} volumes`);
  if (value < iops.least) throw bad(`Volume iops of ${value} is too low; minimum is ${iops.least}.`);
  if (value > iops.most) throw bad(`Volume iops of ${value} is too high; maximum is ${iops.most}.`);
  // The 3,000 of gp3 are there however small the volume.
  if (value > (iops.usual ?? 0) && value > sizeGib * iops.perGib)
    throw bad(
      `Iops to volume size ratio of ${ratio(value / sizeGib)} is too high; maximum is ${iops.perGib}`,
    );
  return value;
}

function readThroughput(
  asked: number | undefined,
  type: string,
  iops: number | undefined,
): number | undefined {
  const { throughput } = volumeTypes[type] ?? {};
  if (!throughput) {
    if (asked !== undefined)
      throw combination(`The parameter throughput is not supported for ${type} volumes.`);
    return undefined;
  }
  const value = asked ?? throughput.usual;
  if (value < throughput.least)
    throw bad(`Throughput (MiBps) of ${value} is too low; minimum is ${throughput.least}.`);
  if (value > throughput.most)
    throw bad(`Throughput (MiBps) of ${value} is too high; maximum is ${throughput.most}.`);
  if (value > (iops ?? 0) * throughputPerIops)
    throw bad(
      `Throughput (MiBps) to iops ratio of ${ratio(value / (iops ?? 1))} is too high; maximum is ${ratio(throughputPerIops)} MiBps per iops`,
    );
  return value;
}

/** The figures of a volume of `type`, checked against each other. */
export function readFigures(
  type: string,
  sizeGib: number,
  asked: { iops: number | undefined; throughput: number | undefined },
): Pick<VolumeShape, 'type' | 'sizeGib' | 'iops' | 'throughput'> {
  checkType(type);
  const { least, most } = volumeTypes[type]?.size ?? { least: 1, most: 1 };
  if (sizeGib < least)
    throw bad(`Volume of ${sizeGib}GiB is too small for volume type ${type}; minimum is ${least}GiB.`);
  if (sizeGib > most)
    throw bad(`Volume of ${sizeGib}GiB is too large for volume type ${type}; maximum is ${most}GiB.`);
  const iops = readIops(asked.iops, type, sizeGib);
  return { type, sizeGib, iops, throughput: readThroughput(asked.throughput, type, iops) };
}

export const askedFigures = (
  params: Params,
  prefix = '',
): { iops: number | undefined; throughput: number | undefined } => ({
  iops: params.integer(`${prefix}Iops`),
  throughput: params.integer(`${prefix}Throughput`),
});
