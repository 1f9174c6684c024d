/** Metadata of volumes and of snapshots, the same for both. Source: Block Storage API v3, "Volumes – metadata", "Snapshots – metadata". */
import { jsonBody, type SiteCall } from '../call.ts';
import { badRequest, notFound } from '../errors.ts';
import { ok } from '../reply.ts';
import { route, type SiteRoute } from '../router.ts';
import * as input from './input.ts';

interface Holder {
  id: string;
  metadata: Readonly<Record<string, string>>;
  updatedAt: number;
}

export function metadataRoutes(
  plural: 'volumes' | 'snapshots',
  title: string,
  find: (call: SiteCall) => Holder,
): readonly SiteRoute[] {
  const set = (call: SiteCall, holder: Holder, metadata: unknown) => {
    holder.metadata = input.metadata(metadata);
    holder.updatedAt = call.world.now();
    return ok({ metadata: holder.metadata });
  };
  const valueOf = (call: SiteCall, { id, metadata }: Holder) => {
    const value = Object.hasOwn(metadata, call.sub) ? metadata[call.sub] : undefined;
    if (value === undefined)
      throw notFound(`${title} ${id} has no metadata with key ${call.sub.slice(0, 255)}.`);
    return value;
  };
  return [
    route(`GET /${plural}/{}/metadata`, call => ok({ metadata: find(call).metadata })),
    route(`POST /${plural}/{}/metadata`, call => {
      const holder = find(call);
      return set(call, holder, { ...holder.metadata, ...input.member(jsonBody(call), 'metadata') });
    }),
    route(`PUT /${plural}/{}/metadata`, call =>
      set(call, find(call), input.member(jsonBody(call), 'metadata')),
    ),
    route(`GET /${plural}/{}/metadata/{}`, call => ok({ meta: { [call.sub]: valueOf(call, find(call)) } })),
    route(`PUT /${plural}/{}/metadata/{}`, call => {
      const holder = find(call);
      const meta = input.member(jsonBody(call), 'meta');
      if (!Object.hasOwn(meta, call.sub)) throw badRequest('Request body and URI mismatch');
      if (Object.keys(meta).length > 1) throw badRequest('Request body contains too many items');
      set(call, holder, { ...holder.metadata, ...meta });
      return ok({ meta });
    }),
    route(`DELETE /${plural}/{}/metadata/{}`, call => {
      const holder = find(call);
      valueOf(call, holder);
      const { [call.sub]: _, ...rest } = holder.metadata;
      set(call, holder, rest);
      return { status: 200 };
    }),
  ];
}
