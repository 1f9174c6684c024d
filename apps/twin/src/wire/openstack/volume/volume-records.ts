/**
 * Making volumes, their states, and their way to servers and back. Cinder's states are
 * creating → available → reserved → attaching → in-use → detaching → available → deleting; "Volumes" of the Block Storage
 * API v3 lists them. The Twin has no delays of its own for them: each takes as long as the VM's deed that is nearest to it.
 */
import type { Delays } from '../../../world/clouds.ts';
import type { World } from '../../../world/world.ts';
import { ApiError } from '../errors.ts';
import { discardDisk } from '../image/image-store.ts';
import type { Attachment, Image, Server, Snapshot, Volume, VolumeState } from '../records.ts';
import type { Site } from '../site.ts';
import { defaultType, type VolumeType } from './type-list.ts';

/** Whose delay a volume's deed takes. */
const takes = {
  create: 'create',
  snapshot: 'start',
  extend: 'start',
  attach: 'start',
  detach: 'stop',
  delete: 'terminate',
} as const satisfies Record<string, keyof Delays>;

/** Enters `via` now; `then` after the deed's delay, or its `share` of it, unless something else has happened to it meanwhile. */
export function pass<S extends string>(
  site: Site,
  thing: { state: S },
  via: S,
  deed: keyof typeof takes,
  then: () => void,
  share = 1,
): void {
  thing.state = via;
  const arrive = () => {
    if (thing.state === via) then();
  };
  const ms = site.cloud.delays[takes[deed]] * share;
  if (ms <= 0) setImmediate(arrive);
  else setTimeout(arrive, ms).unref();
}

/** What a boot brought along is in use once its server has booted. */
export function stateOf(volume: Volume): VolumeState {
  const { attachment } = volume;
  if (attachment?.atBoot && attachment.at === 0 && attachment.server.machine) {
    const { bootedAt } = attachment.server.machine;
    if (bootedAt > 0) {
      attachment.at = bootedAt;
      volume.state = 'in-use';
    }
  }
  return volume.state;
}

export interface VolumeInput {
  name?: string | null;
  description?: string | null;
  sizeGib: number;
  type?: VolumeType | undefined;
  image?: Image | undefined;
  snapshot?: Snapshot | undefined;
  source?: Volume | undefined;
  bootable?: boolean;
  metadata?: Readonly<Record<string, string>>;
}

const none: Readonly<Record<string, string>> = {};

/** In the state `creating`; the caller says where it goes from there. The quota is checked before. */
export function makeVolume(world: World, site: Site, input: VolumeInput): Volume {
  const { snapshot, source } = input;
  const origin = source ?? snapshot?.volume;
  const now = world.now();
  const volume: Volume = {
    n: site.next(),
    id: site.newId('volume'),
    name: input.name ?? null,
    description: input.description ?? null,
    sizeGib: input.sizeGib,
    type: input.type ?? origin?.type ?? defaultType,
    state: 'creating',
    bootable: input.bootable ?? (input.image !== undefined || (origin?.bootable ?? false)),
    image: input.image ?? origin?.image,
    imageMetadata: input.image ? undefined : origin?.imageMetadata,
    snapshotId: snapshot?.id,
    sourceId: source?.id,
    metadata: input.metadata ?? none,
    attachment: undefined,
    createdAt: now,
    updatedAt: now,
  };
  site.volumes.set(volume.id, volume);
  site.usage.volumes++;
  site.usage.gigabytes += volume.sizeGib;
  return volume;
}

/** nova.compute.api: no more than 26 disks, vda to vdz. */
const letters = 'abcdefghijklmnopqrstuvwxyz';

/** The first that is free: libvirt takes no wishes. The disk that a server has of an image is its vda. */
function nextDevice(server: Server): string {
  const taken = new Set(server.options.volumes.map(each => each.device));
  if (server.imageId !== undefined) taken.add('/dev/vda');
  for (const letter of letters) if (!taken.has(`/dev/vd${letter}`)) return `/dev/vd${letter}`;
  throw new ApiError(
    403,
    `The maximum allowed number of disk devices (${letters.length}) to attach to a single instance has been exceeded.`,
  );
}

/** The volume becomes the server's; its state is the caller's. */
export function join(
  site: Site,
  server: Server,
  volume: Volume,
  {
    tag = null,
    ...how
  }: Pick<Attachment, 'root' | 'atBoot' | 'deleteOnTermination'> & { tag?: string | null },
): Attachment {
  const attachment: Attachment = {
    ...how,
    id: site.newId('attachment'),
    volume,
    server,
    device: nextDevice(server),
    tag,
    at: 0,
  };
  volume.attachment = attachment;
  server.options = { ...server.options, volumes: [...server.options.volumes, attachment] };
  return attachment;
}

function part(world: World, attachment: Attachment): void {
  const { volume, server } = attachment;
  const volumes = server.options.volumes.filter(each => each !== attachment);
  server.options = { ...server.options, volumes };
  volume.attachment = undefined;
  volume.state = 'available';
  volume.updatedAt = world.now();
}

export function attach(world: World, site: Site, attachment: Attachment): void {
  const { volume } = attachment;
  volume.updatedAt = world.now();
  const arrive = () => {
    if (volume.attachment !== attachment) return;
    volume.state = 'in-use';
    volume.updatedAt = world.now();
    attachment.at = volume.updatedAt;
  };
  // Most of the time goes by before the host begins.
  pass(
    site,
    volume,
    'reserved',
    'attach',
    () => {
      // Another server may have it by now, which waits for a step of its own.
      if (volume.attachment === attachment) pass(site, volume, 'attaching', 'attach', arrive, 0.2);
    },
    0.8,
  );
}

export function detach(world: World, site: Site, attachment: Attachment): void {
  const { volume } = attachment;
  volume.updatedAt = world.now();
  pass(site, volume, 'detaching', 'detach', () => {
    part(world, attachment);
  });
}

export function endVolume(world: World, site: Site, volume: Volume): void {
  volume.updatedAt = world.now();
  pass(site, volume, 'deleting', 'delete', () => {
    if (!site.volumes.delete(volume.id)) return;
    site.usage.volumes--;
    site.usage.gigabytes -= volume.sizeGib;
    discardDisk(world, site, volume.image);
  });
}

/** The server is gone: what was to go with it goes, the rest is free again. */
export function release(world: World, site: Site, server: Server): void {
  for (const attachment of server.options.volumes) {
    part(world, attachment);
    if (attachment.deleteOnTermination) endVolume(world, site, attachment.volume);
  }
}
