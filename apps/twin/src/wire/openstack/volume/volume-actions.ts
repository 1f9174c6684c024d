/** POST /v3/{project}/volumes/{id}/action. Source: Block Storage API v3, "Volume actions". */
import { isObject, jsonBody, type SiteCall } from '../call.ts';
import { badRequest, notFound } from '../errors.ts';
import { accepted, ok, type Reply } from '../reply.ts';
import type { Volume, VolumeState } from '../records.ts';
import { checkCinderQuota } from '../quotas.ts';
import { route, type SiteRoute } from '../router.ts';
import * as input from './input.ts';
import { pass, stateOf } from './volume-records.ts';
import { imageMetadataOf } from './volume-view.ts';
import { findVolume, remove } from './volumes.ts';

/** What is in use may grow from 3.42 on. */
function extend(call: SiteCall, volume: Volume, given: Record<string, unknown>): Reply {
  const { site, account, world } = call;
  for (const key of Object.keys(given)) if (key !== 'new_size') throw input.unexpected('os-extend', key);
  const size = input.size(given, 'new_size');
  if (size === undefined)
    throw badRequest("Invalid input for field/attribute os-extend. 'new_size' is a required property");
  if (size <= volume.sizeGib)
    throw input.invalidInput(
      `New size for extend must be greater than current size. (current: ${volume.sizeGib}, extended: ${size}).`,
    );
  const before = stateOf(volume);
  if (before !== 'available' && !(before === 'in-use' && call.version >= 42))
    throw input.invalidVolume(
      `Volume ${volume.id} status must be '{'status': 'available'}' to extend, currently ${before}.`,
    );
  const more = size - volume.sizeGib;
  checkCinderQuota({ account, usage: site.usage }, { gigabytes: more, largest: size });
  pass(site, volume, 'extending', 'extend', () => {
    site.usage.gigabytes += more;
    volume.sizeGib = size;
    volume.state = before;
    volume.updatedAt = world.now();
  });
  return accepted;
}

const states: readonly string[] = [
  'creating',
  'available',
  'deleting',
  'error',
  'in-use',
] satisfies VolumeState[];

function reset(call: SiteCall, volume: Volume, given: Record<string, unknown>): Reply {
  const status = String(given['status'] ?? '').toLowerCase();
  if (!states.includes(status))
    throw badRequest(
      `Invalid input for field/attribute status. Value: ${status.slice(0, 64)}. It is not one of [${states.map(each => `'${each}'`).join(', ')}]`,
    );
  volume.state = status as VolumeState;
  volume.updatedAt = call.world.now();
  return accepted;
}

const setImageMetadata = (call: SiteCall, volume: Volume, metadata: Readonly<Record<string, string>>) => {
  volume.imageMetadata = metadata;
  volume.updatedAt = call.world.now();
};

/** What can't be said otherwise of a volume that servers start from: its system, its hardware's needs. */
function addImageMetadata(call: SiteCall, volume: Volume, given: Record<string, unknown>): Reply {
  const metadata = input.metadata(input.member(given, 'metadata'));
  setImageMetadata(call, volume, { ...imageMetadataOf(volume), ...metadata });
  return ok({ metadata: imageMetadataOf(volume) });
}

function removeImageMetadata(call: SiteCall, volume: Volume, { key }: Record<string, unknown>): Reply {
  if (typeof key !== 'string' || key === '')
    throw badRequest(
      "Invalid input for field/attribute os-unset_image_metadata. 'key' is a required property",
    );
  const { [key]: value, ...rest } = imageMetadataOf(volume) ?? {};
  if (value === undefined) throw notFound('Metadata item was not found.');
  setImageMetadata(call, volume, rest);
  return { status: 200 };
}

type Action = (call: SiteCall, volume: Volume, given: Record<string, unknown>) => Reply;
const actions: Readonly<Record<string, Action>> = {
  'os-extend': extend,
  'os-reset_status': reset,
  'os-set_bootable': (call, volume, given) => {
    volume.bootable = input.flag(given['bootable'], 'bootable');
    volume.updatedAt = call.world.now();
    return { status: 200 };
  },
  'os-update_readonly_flag': (call, volume, given) => {
    const readonly = input.flag(given['readonly'], 'readonly');
    if (stateOf(volume) !== 'available')
      throw input.invalidVolume(
        `Volume ${volume.id} status must be available to update readonly flag, but current status is: ${stateOf(volume)}.`,
      );
    volume.metadata = { ...volume.metadata, readonly: readonly ? 'True' : 'False' };
    volume.updatedAt = call.world.now();
    return accepted;
  },
  'os-set_image_metadata': addImageMetadata,
  'os-show_image_metadata': (_, volume) => ok({ metadata: imageMetadataOf(volume) ?? {} }),
  'os-unset_image_metadata': removeImageMetadata,
  'os-force_delete': (call, volume) => remove(call, volume, { force: true }),
};

function act(call: SiteCall): Reply {
  const body = jsonBody(call);
  const [name, ...others] = Object.keys(body);
  const action = name !== undefined && Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (name === undefined || others.length > 0 || !action)
    throw badRequest(`There is no such action: ${(name ?? '').slice(0, 64)}`);
  const volume = findVolume(call);
  const given = body[name] ?? {};
  if (!isObject(given)) throw input.wrong(name, given, "is not of type 'object'");
  return action(call, volume, given);
}

export const volumeActionRoutes: readonly SiteRoute[] = [route('POST /volumes/{}/action', act)];
