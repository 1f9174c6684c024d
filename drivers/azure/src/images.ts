/**
 * Images are marketplace images, their ids URNs (`publisher:offer:sku:version`; `latest` is understood). The list has the newest version
 * of every SKU of the publishers in image-names.ts. Which offers there are is asked each time; their SKUs and versions,
 * one request each, are kept for a while ("Virtual Machine Images").
 */
import { each } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import { createShared } from '@cloud-barista/driver/shared';
import { BaristaError } from '@cloud-barista/model/errors';
import type { CloudId } from '@cloud-barista/model/ids';
import type { Image } from '@cloud-barista/model/image';
import type { Call, PageCall } from '@cloud-barista/driver/call';
import type { Images } from '@cloud-barista/driver/images';
import { versions as api, type Arm } from './arm.ts';
import {
  compareVersions,
  loginUser,
  mayHold,
  parseUrn,
  publishers,
  readUrn,
  textOf,
  type Urn,
} from './image-names.ts';
import { pageOf } from './pages.ts';
import type { Plan } from './vm-view.ts';

const keepMs = 10 * 60_000;
const copyMs = 60_000;
const width = 16;

interface Named {
  name?: string;
}
interface Version extends Named {
  properties?: {
    plan?: Plan | null;
    osDiskImage?: { operatingSystem?: string; sizeInGb?: number; sizeInBytes?: number };
    architecture?: string;
    imageDeprecationStatus?: { imageState?: string };
  };
}

/** What a VM's order needs to know of its image. */
export interface Found {
  /** As the order names it. */
  reference: { id: string } | Urn;
  image: Image;
  isWindows: boolean;
  plan: Plan | undefined;
}

export interface ImageBook extends Images {
  /** Kept: a version never changes. not_found where there is none. */
  find(call: Call, id: string): Promise<Found>;
}

function toFound(urn: Urn, { properties = {} }: Version): Found {
  const { osDiskImage, architecture, imageDeprecationStatus, plan } = properties;
  const id = textOf(urn);
  const words = architecture ?? id;
  const gib = osDiskImage?.sizeInGb ?? Math.ceil((osDiskImage?.sizeInBytes ?? 0) / 2 ** 30);
  return {
    reference: urn,
    isWindows: osDiskImage?.operatingSystem?.toLowerCase() === 'windows',
    plan: plan ?? undefined,
    image: {
      id,
      name: id,
      ...readUrn(urn),
      architecture: /arm64|aarch64|-arm/i.test(words) ? 'arm64' : 'x86_64',
      user: loginUser,
      available: imageDeprecationStatus?.imageState !== 'Deprecated',
      created: '',
      minDiskGb: gib,
    },
  };
}

/** `findOwn` knows the custom images, whose ids are names: no URN. */
export function createImages(arm: Arm, findOwn: (call: Call, id: string) => Promise<Found>): ImageBook {
  const { subscriptionId, location } = arm.settings;
  const base = `/subscriptions/${encodeURIComponent(subscriptionId)}/providers/Microsoft.Compute/locations/${encodeURIComponent(location)}/publishers`;
  const pathTo = (publisher: string, offer?: string, sku?: string, version?: string): string =>
    [
      `${base}/${encodeURIComponent(publisher)}/artifacttypes/vmimage/offers`,
      ...(offer === undefined ? [] : [encodeURIComponent(offer), 'skus']),
      ...(sku === undefined ? [] : [encodeURIComponent(sku), 'versions']),
      ...(version === undefined ? [] : [encodeURIComponent(version)]),
    ].join('/');

  async function ask<T>(signal: AbortSignal, word: string, path: string, query = {}): Promise<T | undefined> {
    const operation = { api: `VirtualMachineImages_${word}`, resource: 'image', method: 'GET' } as const;
    // A publisher, offer or SKU that the location does not have.
    const answer = await orAbsent(arm.send({ signal }, { ...operation, path, version: api.compute, query }));
    return answer?.body as T | undefined;
  }
  const names = (list: Named[] | undefined): string[] => (list ?? []).flatMap(({ name }) => name ?? []);

  const skus = createShared(keepMs, async (path, signal) =>
    names(await ask<Named[]>(signal, 'ListSkus', path)),
  );

  const read = async (signal: AbortSignal, urn: Urn): Promise<Found | undefined> => {
    const version = await ask<Version>(signal, 'Get', pathTo(urn.publisher, urn.offer, urn.sku, urn.version));
    return version && toFound(urn, version);
  };

  /** `$top` cuts what `$orderby` has put first: by the text of versions, whose parts are of one width as a rule. */
  const newest = createShared(keepMs, async (sku, signal) => {
    const [publisher = '', offer = '', name = ''] = sku.split(':');
    const query = { $top: '1', $orderby: 'name desc', $expand: 'properties' };
    const list = await ask<Version[]>(signal, 'List', pathTo(publisher, offer, name), query);
    const best = (list ?? []).sort((a, b) => compareVersions(b.name ?? '', a.name ?? ''))[0];
    if (best?.name === undefined) return undefined;
    const urn = { publisher, offer, sku: name, version: best.name };
    // What it is like is in the list only where the location's service expands it.
    return best.properties?.osDiskImage ? toFound(urn, best) : read(signal, urn);
  });

  const found = createShared(keepMs, async (id, signal) => {
    const urn = parseUrn(id);
    if (!urn) return undefined;
    if (urn.version.toLowerCase() === 'latest') return newest.get(textOf(urn).replace(/:[^:]*$/, ''), signal);
    return read(signal, urn);
  });

  async function walk(search: string, signal: AbortSignal): Promise<Image[]> {
    const wanted = search.toLowerCase();
    const offers = await each(publishers, width, async ({ name, offers }) => {
      const all = names(await ask<Named[]>(signal, 'ListOffers', pathTo(name)));
      return all.filter(offer => offers.test(offer)).map(offer => [name, offer] as const);
    });
    const lists = await each(offers.flat(), width, async ([publisher, offer]) => {
      const list = await skus.get(pathTo(publisher, offer), signal);
      return list
        .filter(sku => mayHold([publisher, offer, sku], search))
        .map(sku => [publisher, offer, sku].join(':'));
    });
    const images = await each(lists.flat(), width, sku => newest.get(sku, signal));
    return images.flatMap(one => (one && one.image.name.toLowerCase().includes(wanted) ? [one.image] : []));
  }
  /** What the pages behind the first are cut from. */
  const copies = createShared(copyMs, walk);

  async function find(call: Call, id: string): Promise<Found> {
    if (!id.includes(':')) return findOwn(call, id);
    const one = await found.get(id, call.signal);
    if (one) return one;
    found.forget(id);
    throw new BaristaError(
      'not_found',
      `Azure has no image ${JSON.stringify(id.slice(0, 200))} in ${location}.`,
      {
        next: 'Name one as PUBLISHER:OFFER:SKU:VERSION, e.g. Canonical:ubuntu-24_04-lts:server:latest.',
        where: 'image',
      },
    );
  }

  return {
    async list(call: PageCall, search = '') {
      if (call.cursor === undefined) copies.forget(search);
      return pageOf(await copies.get(search, call.signal), call);
    },
    get: async (call: Call, id: CloudId) => (await find(call, id)).image,
    find,
  };
}
