/** /v3/{project}/types. Source: Block Storage API v3, "Volume types". */
import type { SiteCall } from '../call.ts';
import { notFound } from '../errors.ts';
import { ok } from '../reply.ts';
import { route, type SiteRoute } from '../router.ts';
import { defaultType, findType, volumeTypes, type VolumeType } from './type-list.ts';

const typeView = (type: VolumeType) => ({
  id: type.id,
  name: type.name,
  description: type.description,
  is_public: true,
  'os-volume-type-access:is_public': true,
  extra_specs: type.extraSpecs,
  qos_specs_id: null,
});

/** By id only: what asks by name lists them. */
function find({ id }: SiteCall): VolumeType {
  const type = findType(id);
  if (type?.id !== id) throw notFound(`Volume type ${id} could not be found.`);
  return type;
}

const hidden = ({ query }: SiteCall) => /^(false|0)$/i.test(query.get('is_public') ?? '');

export const typeRoutes: readonly SiteRoute[] = [
  route('GET /types', call => ok({ volume_types: hidden(call) ? [] : volumeTypes.map(typeView) })),
  route('GET /types/default', () => ok({ volume_type: typeView(defaultType) })),
  route('GET /types/{}', call => ok({ volume_type: typeView(find(call)) })),
  route('GET /types/{}/extra_specs', call => ok({ extra_specs: find(call).extraSpecs })),
  route('GET /types/{}/extra_specs/{}', call => {
    const { id, extraSpecs } = find(call);
    const value = Object.hasOwn(extraSpecs, call.sub) ? extraSpecs[call.sub] : undefined;
    if (value === undefined) throw notFound(`Volume Type ${id} has no extra specs with key ${call.sub}.`);
    return ok({ [call.sub]: value });
  }),
];
