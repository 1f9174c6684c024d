/** Reading the body of POST /volumes. Source: Block Storage API v3, "Create a volume"; the errors' words are cinder.exception's. */
import { jsonBody, type SiteCall } from '../call.ts';
import { badRequest, conflict, notFound } from '../errors.ts';
import type { Image, Snapshot, Volume } from '../records.ts';
import type { Site } from '../site.ts';
import * as input from './input.ts';
import { findType, type VolumeType } from './type-list.ts';
import { stateOf, type VolumeInput } from './volume-records.ts';

export const noVolume = (id: string) => notFound(`Volume ${id.slice(0, 64)} could not be found.`);
export const noSnapshot = (id: string) => notFound(`Snapshot ${id.slice(0, 64)} could not be found.`);

const hints = 'OS-SCH-HNT:scheduler_hints';

export function readVolume(call: SiteCall): VolumeInput & { sizeGib: number } {
  const { site } = call;
  const given = input.member(jsonBody(call), 'volume', hints);
  const name = input.text(given, 'name') ?? input.text(given, 'display_name');
  const description = input.text(given, 'description') ?? input.text(given, 'display_description');
  const asked = input.size(given, 'size');
  const type = typeOf(given['volume_type']);
  const metadata = input.metadata(given['metadata']);
  const snapshot = find(given, 'snapshot_id', site.snapshots, noSnapshot);
  const source = find(given, 'source_volid', site.volumes, noVolume);
  const image = imageOf(site, given['imageRef'] ?? given['image_id']);
  if (given['multiattach'] !== undefined && input.flag(given['multiattach'], 'multiattach'))
    throw badRequest(
      'multiattach parameter has been removed. The default behavior is to use multiattach enabled volume types.',
    );
  if ([snapshot, source, image].filter(each => each !== undefined).length > 1)
    throw input.invalidInput('May specify only one of snapshot, source volume, or image to create volume.');
  checkZone(site, given['availability_zone']);
  const sizeGib = asked ?? source?.sizeGib ?? snapshot?.sizeGib;
  // Cinder says no more of it than that.
  if (sizeGib === undefined)
    throw badRequest(
      'The server could not comply with the request since it is either malformed or otherwise incorrect.',
    );
  checkSource(sizeGib, source, snapshot);
  if (image) checkImage(image, sizeGib);
  return {
    name: name ?? null,
    description: description ?? null,
    sizeGib,
    type,
    image,
    snapshot,
    source,
    metadata,
  };
}

export function typeOf(given: unknown): VolumeType | undefined {
  if (given === undefined || given === null || given === '') return undefined;
  if (typeof given !== 'string') throw input.wrong('volume_type', given, "is not of type 'string'");
  const type = findType(given);
  if (!type) throw notFound(`Volume type with name ${given.slice(0, 255)} could not be found.`);
  return type;
}

function find<T>(
  given: Record<string, unknown>,
  key: string,
  from: ReadonlyMap<string, T>,
  missing: (id: string) => Error,
): T | undefined {
  const id = given[key];
  if (id === undefined || id === null || id === '') return undefined;
  if (typeof id !== 'string') throw input.wrong(key, id, "is not of type 'string', 'null'");
  const found = from.get(id);
  if (found === undefined) throw missing(id);
  return found;
}

/** By id, or by name where only one has it. */
function imageOf(site: Site, ref: unknown): Image | undefined {
  if (ref === undefined || ref === null || ref === '') return undefined;
  const byId = site.images.get(String(ref).split('/').at(-1) ?? '');
  if (byId) return byId;
  const [only, ...others] = [...site.images.values()].filter(image => image.name === ref);
  if (others.length > 0)
    throw conflict(
      `Multiple matches found for '${String(ref).slice(0, 255)}', use an ID to be more specific.`,
    );
  if (!only) throw badRequest('Invalid image identifier or unable to access requested image.');
  return only;
}

function checkZone(site: Site, zone: unknown): void {
  if (zone === undefined || zone === null || zone === '' || zone === site.zone) return;
  throw badRequest(`Availability zone '${String(zone).slice(0, 255)}' is invalid.`);
}

function checkSource(sizeGib: number, source: Volume | undefined, snapshot: Snapshot | undefined): void {
  if (source) {
    const status = stateOf(source);
    if (status !== 'available' && status !== 'in-use')
      throw input.invalidVolume(
        `Unable to create volume from source volume ${source.id}: its status is ${status}.`,
      );
    if (sizeGib < source.sizeGib)
      throw input.invalidInput(
        `Volume size '${sizeGib}'GB cannot be smaller than original volume size  ${source.sizeGib}GB. They must be >= original volume size.`,
      );
  }
  if (snapshot) {
    if (snapshot.state !== 'available')
      throw badRequest(`Invalid snapshot: Originating snapshot status must be one of 'available' values`);
    if (sizeGib < snapshot.sizeGib)
      throw input.invalidInput(
        `Volume size '${sizeGib}'GB cannot be smaller than the snapshot size ${snapshot.sizeGib}GB. They must be >= original snapshot size.`,
      );
  }
}

const gib = 2 ** 30;

export function checkImage(image: Image, sizeGib: number): void {
  if (image.status !== 'active') throw input.invalidInput(`Image ${image.id} is not active.`);
  const needed = Math.ceil((image.size ?? 0) / gib);
  if (needed > sizeGib)
    throw input.invalidInput(`Size of specified image ${needed}GB is larger than volume size ${sizeGib}GB.`);
  if (sizeGib < image.minDisk)
    throw input.invalidInput(
      `Volume size ${sizeGib}GB cannot be smaller than the image minDisk size ${image.minDisk}GB.`,
    );
}
