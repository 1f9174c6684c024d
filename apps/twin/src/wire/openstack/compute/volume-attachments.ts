/** /v2.1/servers/{id}/os-volume_attachments. Source: Compute API, "Servers with volume attachments". */
import { jsonBody, type SiteCall } from '../call.ts';
import { ApiError, badRequest, notFound } from '../errors.ts';
import { accepted, ok, type Reply } from '../reply.ts';
import type { Attachment } from '../records.ts';
import { route, type SiteRoute } from '../router.ts';
import { stableUuid } from '../text.ts';
import { attach, detach, join, stateOf } from '../volume/volume-records.ts';
import * as input from './input.ts';
import { cut, pagesOf } from './pages.ts';
import { requireSettled } from './server-parts.ts';
import { findServer } from './servers.ts';

/** The volume's id is the attachment's in its path; since 2.89 it is no more called so. */
const view = (
  { version }: SiteCall,
  { id, volume, server, device, tag, deleteOnTermination }: Attachment,
) => ({
  ...(version < 89 && { id: volume.id }),
  volumeId: volume.id,
  serverId: server.id,
  device,
  ...(version >= 70 && { tag }),
  ...(version >= 79 && { delete_on_termination: deleteOnTermination }),
  ...(version >= 89 && { attachment_id: id, bdm_uuid: stableUuid(`bdm/${id}`) }),
});

function findAttachment({ site, id, sub }: SiteCall): Attachment {
  const server = findServer(site, id);
  const attachment = server.options.volumes.find(each => each.volume.id === sub);
  if (!attachment) throw notFound(`Instance ${server.id} is not attached to volume ${sub.slice(0, 64)}`);
  return attachment;
}

const noVolume = (id: string) => notFound(`Volume ${id.slice(0, 64)} could not be found.`);

function create(call: SiteCall): Reply {
  const { site, world, version } = call;
  const server = findServer(site, call.id);
  const given = input.member(jsonBody(call), 'volumeAttachment');
  for (const key of Object.keys(given))
    if (
      !['volumeId', 'device'].includes(key) &&
      !(key === 'tag' && version >= 49) &&
      !(key === 'delete_on_termination' && version >= 79)
    )
      throw input.unexpected('volumeAttachment', key, given);
  const { volumeId, device, delete_on_termination: goes = false } = given;
  if (volumeId === undefined) throw input.lacking('volumeAttachment', given, 'volumeId');
  if (typeof volumeId !== 'string') throw input.wrong('volumeId', volumeId, "is not a 'uuid'");
  if (typeof goes !== 'boolean') throw input.wrong('delete_on_termination', goes, "is not of type 'boolean'");
  if (typeof device === 'string' && !/^(\/dev\/)?[a-z]{1,4}\d{0,3}$/.test(device))
    throw input.wrong('device', device, 'does not match: it is no device’s name');
  const tag = given['tag'] === undefined ? null : input.tag(given['tag']);
  requireSettled(server, 'attach_volume');
  const volume = site.volumes.get(volumeId);
  if (!volume) throw noVolume(volumeId);
  if (volume.attachment?.server === server)
    throw badRequest(`Invalid volume: volume ${volume.id} is already attached to instances: ${server.id}`);
  const status = stateOf(volume);
  if (status !== 'available' || volume.attachment)
    throw badRequest(
      `Invalid input received: Invalid volume: Volume ${volume.id} status must be available or downloading to reserve, but the current status is ${status}.`,
    );
  const attachment = join(site, server, volume, {
    root: false,
    atBoot: false,
    deleteOnTermination: goes,
    tag,
  });
  attach(world, site, attachment);
  // Unlike in the other answers, `id` has stayed in this one.
  return ok({ volumeAttachment: { ...view(call, attachment), id: volume.id } });
}

function remove(call: SiteCall): Reply {
  const { site, world, sub } = call;
  const server = findServer(site, call.id);
  if (!site.volumes.has(sub)) throw noVolume(sub);
  const attachment = findAttachment(call);
  if (attachment.root) throw badRequest('Cannot detach a root device volume');
  requireSettled(server, 'detach_volume');
  const status = stateOf(attachment.volume);
  if (status !== 'in-use')
    throw badRequest(
      `Invalid volume: Invalid input received: Invalid volume: Unable to detach volume. Volume status must be 'in-use' and attach_status must be 'attached' to detach.`,
    );
  detach(world, site, attachment);
  return accepted;
}

/** Only what happens to the volume at the server's end may be changed; another volume in its place is for Cinder alone to order. */
function update(call: SiteCall): Reply {
  const attachment = findAttachment(call);
  const given = input.member(jsonBody(call), 'volumeAttachment');
  const { volumeId, delete_on_termination: goes } = given;
  if (call.version < 85 || volumeId !== call.sub)
    throw new ApiError(
      409,
      `volume ${call.sub} is not migrating; this API should only be called by Cinder`,
      'HTTPConflict',
    );
  if (goes !== undefined && typeof goes !== 'boolean')
    throw input.wrong('delete_on_termination', goes, "is not of type 'boolean'");
  if (goes !== undefined) attachment.deleteOnTermination = goes;
  return accepted;
}

export const volumeAttachmentRoutes: readonly SiteRoute[] = [
  route('GET /servers/{}/os-volume_attachments', call => {
    const { volumes } = findServer(call.site, call.id).options;
    const { page } = cut(volumes, pagesOf(call), each => each.volume.id);
    return ok({ volumeAttachments: page.map(each => view(call, each)) });
  }),
  route('POST /servers/{}/os-volume_attachments', create),
  route('GET /servers/{}/os-volume_attachments/{}', call =>
    ok({ volumeAttachment: view(call, findAttachment(call)) }),
  ),
  route('PUT /servers/{}/os-volume_attachments/{}', update),
  route('DELETE /servers/{}/os-volume_attachments/{}', remove),
];
