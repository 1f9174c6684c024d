/**
 * The action createImage: an image of a server's disk, or, where it starts from a volume, one without bytes that points at
 * snapshots of all its volumes. Source: Compute API, "Create Image (createImage Action)"; Nova's properties of such images
 * in its user guide, "Block Device Mapping in Nova", and its image metadata (base_image_ref, image_type, instance_uuid …).
 */
import { isObject, type SiteCall } from '../call.ts';
import { ApiError, forbidden } from '../errors.ts';
import { sumsOf } from '../image/image-list.ts';
import { addImage, blankImage } from '../image/image-store.ts';
import { checkCinderQuota, quota } from '../quotas.ts';
import type { Reply } from '../reply.ts';
import type { Attachment, Image, Server } from '../records.ts';
import { makeSnapshot } from '../volume/snapshot-records.ts';
import * as input from './input.ts';
import { requireState } from './state.ts';

/** What says where the first image came from, not what it holds. nova.conf non_inheritable_image_properties, and its own. */
const notInherited = new Set([
  'cache_in_nova',
  'bittorrent',
  'img_signature_hash_method',
  'img_signature',
  'img_signature_key_type',
  'img_signature_certificate_uuid',
  'block_device_mapping',
  'bdm_v2',
  'root_device_name',
]);

/** What the host has chosen for the server, so that those made of the image have the same. */
const hardware = {
  hw_cdrom_bus: 'ide',
  hw_disk_bus: 'virtio',
  hw_input_bus: 'usb',
  hw_machine_type: 'pc',
  hw_pointer_model: 'usbtablet',
  hw_video_model: 'virtio',
  hw_vif_model: 'virtio',
} as const;

export function createImage(call: SiteCall, server: Server, argument: unknown): Reply {
  const { world, site, account, version, endpoint } = call;
  if (!isObject(argument)) throw input.wrong('createImage', argument, "is not of type 'object'");
  for (const key of Object.keys(argument))
    if (key !== 'name' && key !== 'metadata') throw input.unexpected('createImage', key, argument);
  if (argument['name'] === undefined) throw input.lacking('createImage', argument, 'name');
  const name = input.name(argument['name']);
  const metadata = input.metadata(argument['metadata'] ?? {}, quota(account, 'metadata_items'));
  requireState(server, 'createImage');
  const { machine } = server;
  if (!machine) throw new ApiError(409, `Instance ${server.id} has no host`, 'HTTPConflict');
  const root = server.options.volumes.find(each => each.root);
  const base = server.imageId === undefined ? root?.volume.image : site.images.get(server.imageId);
  const inherited = Object.entries(base?.properties ?? {}).filter(([key]) => !notInherited.has(key));
  const blank = blankImage(site, world.now());
  const { id } = blank;
  const image: Image = {
    ...blank,
    name,
    visibility: 'private',
    minRam: base?.minRam ?? 0,
    disk: `${account.cloud.name}/${site.region}/${id}`,
    properties: {
      ...Object.fromEntries(inherited),
      base_image_ref: server.imageId ?? '',
      boot_roles: 'admin,member,reader',
      owner_project_name: account.projectName,
      owner_user_name: account.username,
      ...(root
        ? volumeProperties(call, server, name)
        : {
            ...hardware,
            image_type: 'snapshot',
            instance_uuid: server.id,
            user_id: account.userId,
          }),
      ...metadata,
    },
    ...(root ? { size: 0, status: 'active' } : { minDisk: server.flavor.disk }),
  };
  addImage(site, image);
  if (!root) upload(call, server, image, base?.size ?? 0);
  world.machines.capture(machine, image.disk ?? id);
  if (version >= 45) return { status: 202, body: { image_id: id } };
  const location = `${endpoint.replace(/compute$/, 'image')}/images/${id}`;
  return { status: 202, headers: { location }, type: 'text/html; charset=UTF-8' };
}

/**
 * queued → saving → active while the server is in task image_snapshot, then image_uploading. Of a server that ends meanwhile
 * Nova takes away what it has begun (server-records.ts); an image that is removed meanwhile stays so.
 */
function upload({ world, site }: SiteCall, server: Server, image: Image, size: number): void {
  server.imaging = image;
  server.updatedAt = world.now();
  const next = (deed: () => void) => {
    const arrive = () => {
      if (server.imaging !== image) return;
      if (site.images.get(image.id) === image) deed();
      else server.imaging = undefined;
    };
    const ms = site.cloud.delays.start / 2;
    if (ms <= 0) setImmediate(arrive);
    else setTimeout(arrive, ms).unref();
  };
  next(() => {
    image.status = 'saving';
    next(() => {
      server.imaging = undefined;
      server.updatedAt = image.updatedAt = world.now();
      Object.assign(image, {
        status: 'active',
        size,
        diskFormat: 'qcow2',
        containerFormat: 'bare',
        properties: {
          ...image.properties,
          image_location: 'snapshot',
          image_state: 'available',
          owner_id: site.projectId,
        },
        ...sumsOf(image.id),
      } satisfies Partial<Image>);
    });
  });
}

/** Snapshots of all volumes, and how a server is to be made of them. */
function volumeProperties(call: SiteCall, server: Server, name: string): Record<string, string> {
  const { site, account } = call;
  const { volumes } = server.options;
  const gigabytes = volumes.reduce((sum, { volume }) => sum + volume.sizeGib, 0);
  const largest = Math.max(...volumes.map(({ volume }) => volume.sizeGib));
  try {
    checkCinderQuota({ account, usage: site.usage }, { snapshots: volumes.length, gigabytes, largest });
  } catch (error) {
    throw forbidden((error as Error).message);
  }
  const mapping = volumes.map(attachment => deviceOf(call, attachment, name));
  const root = volumes.find(each => each.root);
  return {
    bdm_v2: 'True',
    block_device_mapping: JSON.stringify(mapping),
    root_device_name: root?.device ?? '/dev/vda',
  };
}

function deviceOf({ world, site }: SiteCall, attachment: Attachment, name: string): Record<string, unknown> {
  const { volume, root, device, deleteOnTermination, tag } = attachment;
  const snapshot = makeSnapshot(
    world,
    site,
    volume,
    { name: `snapshot for ${name}`, description: '', metadata: {} },
    false,
  );
  return {
    boot_index: root ? 0 : null,
    delete_on_termination: deleteOnTermination,
    destination_type: 'volume',
    device_name: device,
    device_type: 'disk',
    disk_bus: 'virtio',
    guest_format: null,
    image_id: null,
    no_device: null,
    snapshot_id: snapshot.id,
    source_type: 'snapshot',
    tag,
    volume_id: null,
    volume_size: volume.sizeGib,
    volume_type: null,
  };
}

/** The devices that a server of this image has beside those it is asked to have; empty for an image of one disk. */
export function devicesOfImage(image: Image | undefined): Record<string, unknown>[] {
  const text = image?.properties['block_device_mapping'];
  if (text === undefined) return [];
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return [];
  }
  const devices: unknown[] = Array.isArray(given) ? given : [];
  // A request names what a device is made from by one word, whatever it is.
  return devices
    .filter(isObject)
    .map(each => ({ ...each, uuid: each['snapshot_id'] ?? each['volume_id'] ?? each['image_id'] }));
}
