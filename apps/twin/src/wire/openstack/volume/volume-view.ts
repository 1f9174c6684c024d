/** A volume as Cinder shows it, by microversion. Source: Block Storage API v3, "Show a volume's details". */
import type { SiteCall } from '../call.ts';
import { sumsOf } from '../image/image-list.ts';
import type { Volume } from '../records.ts';
import { micros, stableUuid } from '../text.ts';
import { stateOf } from './volume-records.ts';

/** Without the zone, as Cinder's times are. */
export const time = micros;

const linksTo = ({ endpoint, account }: SiteCall, id: string) => [
  { rel: 'self', href: `${endpoint}/v3/${account.projectId}/volumes/${id}` },
  { rel: 'bookmark', href: `${endpoint}/${account.projectId}/volumes/${id}` },
];

export const briefView = (call: SiteCall, volume: Volume) => ({
  id: volume.id,
  name: volume.name,
  links: linksTo(call, volume.id),
});

/** All of it as text. Undefined where it was made of none. */
export function imageMetadataOf({
  image,
  imageMetadata,
}: Volume): Readonly<Record<string, string>> | undefined {
  if (imageMetadata || !image) return imageMetadata;
  return {
    ...image.properties,
    signature_verified: 'False',
    image_id: image.id,
    image_name: image.name,
    checksum: image.given ? sumsOf(image.id).checksum : (image.checksum ?? ''),
    container_format: image.containerFormat ?? '',
    disk_format: image.diskFormat ?? '',
    min_disk: String(image.minDisk),
    min_ram: String(image.minRam),
    size: String(image.size ?? 0),
  };
}

function attachmentsOf(volume: Volume): unknown[] {
  const { attachment } = volume;
  if (!attachment || attachment.at === 0) return [];
  return [
    {
      id: volume.id,
      attachment_id: attachment.id,
      volume_id: volume.id,
      server_id: attachment.server.id,
      host_name: attachment.server.options.host,
      device: attachment.device,
      attached_at: time(attachment.at),
    },
  ];
}

const service = stableUuid('cinder-volume');

/** As the answers to its making and its changes have it. */
export function plainView(call: SiteCall, volume: Volume): Record<string, unknown> {
  const { account, site, version } = call;
  const status = stateOf(volume);
  const kept = imageMetadataOf(volume);
  return {
    ...briefView(call, volume),
    status,
    size: volume.sizeGib,
    availability_zone: site.zone,
    created_at: time(volume.createdAt),
    updated_at: status === 'creating' ? null : time(volume.updatedAt),
    description: volume.description,
    volume_type: volume.type.name,
    snapshot_id: volume.snapshotId ?? null,
    source_volid: volume.sourceId ?? null,
    metadata: volume.metadata,
    user_id: account.userId,
    bootable: String(volume.bootable),
    encrypted: false,
    replication_status: null,
    consistencygroup_id: null,
    multiattach: false,
    attachments: attachmentsOf(volume),
    ...(kept && status !== 'creating' && { volume_image_metadata: kept }),
    ...(version >= 13 && { group_id: null }),
    ...(version >= 21 && { provider_id: null }),
    ...(version >= 48 && { shared_targets: false, service_uuid: service }),
    ...(version >= 61 && { cluster_name: null }),
    ...(version >= 63 && { volume_type_id: volume.type.id }),
    ...(version >= 65 && { consumes_quota: true }),
  };
}

/** Hosts and migrations are for operators, which the Twin's user is one of. */
export const volumeView = (call: SiteCall, volume: Volume): Record<string, unknown> => ({
  ...plainView(call, volume),
  migration_status: null,
  'os-vol-tenant-attr:tenant_id': call.account.projectId,
  'os-vol-host-attr:host': stateOf(volume) === 'creating' ? null : 'block-1@lvm#LVM',
  'os-vol-mig-status-attr:migstat': null,
  'os-vol-mig-status-attr:name_id': null,
});
