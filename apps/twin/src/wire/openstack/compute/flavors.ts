/** /v2.1/flavors. Source: Compute API, "Flavors" and "Flavors extra-specs". */
import type { SiteCall } from '../call.ts';
import { ok } from '../reply.ts';
import { notFound } from '../errors.ts';
import { route, type SiteRoute } from '../router.ts';
import { flavorById, flavors, type Flavor } from './flavor-list.ts';
import { cut, nextLink, pagesOf } from './pages.ts';

const linksTo = (call: SiteCall, id: string) => [
  { rel: 'self', href: `${call.endpoint}/v2.1/flavors/${id}` },
  { rel: 'bookmark', href: `${call.endpoint}/flavors/${id}` },
];

/** Since 2.47 a server holds its flavor itself instead of a link to it. */
export const flavorInServer = (call: SiteCall, flavor: Flavor) =>
  call.version < 47
    ? { id: flavor.id, links: linksTo(call, flavor.id).slice(1) }
    : {
        vcpus: flavor.vcpus,
        ram: flavor.ram,
        disk: flavor.disk,
        ephemeral: 0,
        swap: 0,
        original_name: flavor.name,
        extra_specs: flavor.extraSpecs,
      };

const brief = (call: SiteCall, flavor: Flavor) => ({
  id: flavor.id,
  name: flavor.name,
  links: linksTo(call, flavor.id),
  ...(call.version >= 55 && { description: null }),
});

const full = (call: SiteCall, flavor: Flavor) => ({
  ...brief(call, flavor),
  ram: flavor.ram,
  disk: flavor.disk,
  vcpus: flavor.vcpus,
  swap: call.version >= 75 ? 0 : '',
  'OS-FLV-EXT-DATA:ephemeral': 0,
  'OS-FLV-DISABLED:disabled': false,
  'os-flavor-access:is_public': true,
  rxtx_factor: 1,
  ...(call.version >= 61 && { extra_specs: flavor.extraSpecs }),
});

function find(id: string): Flavor {
  const flavor = flavorById.get(id);
  if (!flavor) throw notFound(`Flavor ${id} could not be found.`);
  return flavor;
}

function list(call: SiteCall, path: string, view: (call: SiteCall, flavor: Flavor) => unknown) {
  const minRam = Number(call.query.get('minRam') ?? 0);
  const minDisk = Number(call.query.get('minDisk') ?? 0);
  const hidden = /^(false|0)$/i.test(call.query.get('is_public') ?? '');
  const rows = hidden ? [] : flavors.filter(each => each.ram >= minRam && each.disk >= minDisk);
  const { page, more } = cut(rows, pagesOf(call), each => each.id);
  return ok({
    flavors: page.map(each => view(call, each)),
    ...(more && { flavors_links: nextLink(call, path, page.at(-1)?.id ?? '') }),
  });
}

export const flavorRoutes: readonly SiteRoute[] = [
  route('GET /flavors', call => list(call, '/flavors', brief)),
  route('GET /flavors/detail', call => list(call, '/flavors/detail', full)),
  route('GET /flavors/{}', call => ok({ flavor: full(call, find(call.id)) })),
  route('GET /flavors/{}/os-extra_specs', call => ok({ extra_specs: find(call.id).extraSpecs })),
  route('GET /flavors/{}/os-extra_specs/{}', call => {
    const flavor = find(call.id);
    const value = Object.hasOwn(flavor.extraSpecs, call.sub) ? flavor.extraSpecs[call.sub] : undefined;
    if (value === undefined) throw notFound(`Flavor ${flavor.id} has no extra specs with key ${call.sub}.`);
    return ok({ [call.sub]: value });
  }),
];
