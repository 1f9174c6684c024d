/** Image definitions in a gallery: what kind of system all of its versions are. Source: Compute REST API, Gallery Images. */
import { jsonBody, noContent, ok, param, type Call, type Reply } from '../call.ts';
import { badRequest, conflict, invalidParameter, missingParameter, resourceNotFound } from '../errors.ts';
import { nothing, objectAt, objectsAt, textAt, wordAt } from '../fields.ts';
import { later } from '../later.ts';
import { readTags } from '../names.ts';
import { begin, end, under, type Operation } from '../operations.ts';
import { page } from '../pages.ts';
import { noTags, type Gallery, type GalleryImage, type GalleryVersion } from '../records.ts';
import { route, type Route } from '../router.ts';
import { find, networkDelay, requireFree, requireLiving, requireLocation } from '../tracked.ts';
import { imageIdOf } from './gallery-ids.ts';

export function imageOf(call: Call): GalleryImage {
  const gallery = find(call, 'galleries');
  const image = gallery.images.get(param(call, 3).toLowerCase());
  if (image) return image;
  throw resourceNotFound(
    'Microsoft.Compute/galleries',
    `${gallery.name}/images/${param(call, 3)}`,
    gallery.group.name,
  );
}

const view = (image: GalleryImage) => ({
  name: image.name,
  id: imageIdOf(image),
  type: 'Microsoft.Compute/galleries/images',
  location: image.gallery.location,
  ...(image.tags !== noTags && { tags: image.tags }),
  properties: {
    hyperVGeneration: image.generation,
    architecture: image.architecture,
    osType: 'Linux',
    osState: image.osState,
    identifier: image.identifier,
    ...(image.description !== undefined && { description: image.description }),
    recommended: { vCPUs: { min: 1, max: 16 }, memory: { min: 1, max: 32 } },
    provisioningState: image.state,
  },
});

/** Nested resources do as the tracked ones do. */
export function settleNested(
  call: Call,
  resource: GalleryImage | GalleryVersion,
  location: string,
  state: 'Creating' | 'Updating',
): Operation {
  const operation = begin(call, 'Microsoft.Compute', location, networkDelay(call));
  resource.state = state;
  resource.operation = operation;
  later(networkDelay(call), () => {
    if (resource.operation !== operation) return;
    resource.state = 'Succeeded';
    resource.operation = undefined;
    end(call, operation);
  });
  return operation;
}

export function vanishNested(
  call: Call,
  resource: GalleryImage | GalleryVersion,
  location: string,
  drop: () => void,
): Reply {
  let { operation } = resource;
  if (resource.state !== 'Deleting' || !operation) {
    requireFree(resource);
    const begun = begin(call, 'Microsoft.Compute', location, networkDelay(call));
    operation = begun;
    resource.operation = begun;
    resource.state = 'Deleting';
    later(networkDelay(call), () => {
      if (resource.operation === begun) drop();
      end(call, begun);
    });
  }
  return { status: 202, headers: under(call, operation, true) };
}

/** What a PUT below a gallery begins with. */
export function requireGallery(call: Call): Gallery {
  const gallery = find(call, 'galleries');
  requireLiving(gallery.group);
  if (gallery.state === 'Deleting' || gallery.state === 'Creating')
    throw conflict(
      'Conflict',
      `The gallery '${gallery.name}' is not in the Succeeded state: it is ${gallery.state}.`,
    );
  return gallery;
}

function put(call: Call): Reply {
  const gallery = requireGallery(call);
  const name = param(call, 3);
  const body = jsonBody(call);
  const location = requireLocation(call, body, 'Microsoft.Compute/galleries/images');
  if (location !== gallery.location)
    throw badRequest(
      'BadRequest',
      `The image definition has to be in the location of its gallery, '${gallery.location}', not in '${location}'.`,
    );
  const existing = gallery.images.get(name.toLowerCase());
  if (!existing && !/^[A-Za-z0-9]([\w.-]{0,78}[A-Za-z0-9])?$/.test(name))
    throw invalidParameter(
      'galleryImageName',
      `The image definition name '${name.slice(0, 100)}' is invalid.`,
    );
  const properties = objectAt(body, 'properties') ?? nothing;
  const osType = wordAt(properties, 'osType', ['Linux', 'Windows'], 'properties.');
  const osState = wordAt(properties, 'osState', ['Generalized', 'Specialized'], 'properties.');
  if (osType === undefined) throw missingParameter('galleryImage.properties.osType');
  if (osState === undefined) throw missingParameter('galleryImage.properties.osState');
  if (osType !== 'Linux')
    throw invalidParameter(
      'galleryImage.properties.osType',
      'Images of Windows are not offered here: only of Linux.',
    );
  const given = objectAt(properties, 'identifier', 'properties.');
  if (!given) throw missingParameter('galleryImage.properties.identifier');
  const part = (key: string): string => {
    const value = textAt(given, key, 'properties.identifier.');
    if (value === undefined || value === '')
      throw missingParameter(`galleryImage.properties.identifier.${key}`);
    return value;
  };
  const identifier = { publisher: part('publisher'), offer: part('offer'), sku: part('sku') };
  const same = (other: GalleryImage) =>
    (['publisher', 'offer', 'sku'] as const).every(
      key => other.identifier[key].toLowerCase() === identifier[key].toLowerCase(),
    );
  for (const other of gallery.images.values())
    if (other !== existing && same(other))
      throw conflict(
        'Conflict',
        `An image definition with the same publisher, offer and SKU is in the gallery already: ${imageIdOf(other)}.`,
      );
  const generation = wordAt(properties, 'hyperVGeneration', ['V1', 'V2'], 'properties.') ?? 'V1';
  const architecture = wordAt(properties, 'architecture', ['x64', 'Arm64'], 'properties.') ?? 'x64';
  for (const feature of objectsAt(properties, 'features', 'properties.') ?? []) textAt(feature, 'name');
  const description = textAt(properties, 'description', 'properties.');
  const tags = readTags(body) ?? noTags;
  if (existing) {
    requireFree(existing);
    if (
      !same(existing) ||
      existing.osState !== osState ||
      existing.generation !== generation ||
      existing.architecture !== architecture
    )
      throw conflict(
        'PropertyChangeNotAllowed',
        'Changing the identifier, osState, hyperVGeneration or architecture of an image definition is not allowed.',
      );
    Object.assign(existing, { description, tags });
  }
  const image: GalleryImage = existing ?? {
    gallery,
    name,
    n: call.account.next(),
    osState,
    generation,
    architecture,
    identifier,
    versions: new Map(),
    description,
    tags,
    state: 'Creating',
    operation: undefined,
  };
  gallery.images.set(name.toLowerCase(), image);
  const operation = settleNested(call, image, location, existing ? 'Updating' : 'Creating');
  return { status: existing ? 200 : 201, headers: under(call, operation, false), body: view(image) };
}

function remove(call: Call): Reply {
  const gallery = find(call, 'galleries');
  const image = gallery.images.get(param(call, 3).toLowerCase());
  if (!image) return noContent;
  if (image.versions.size > 0)
    throw conflict(
      'CannotDeleteResource',
      `Can not delete resource before nested resources are deleted. Nested resources: ${[...image.versions.keys()].map(name => `versions/${name}`).join(', ')}.`,
    );
  return vanishNested(call, image, gallery.location, () => gallery.images.delete(image.name.toLowerCase()));
}

const all = '/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Compute/galleries/{}/images' as const;
export const galleryImageRoutes: readonly Route[] = [
  route('GalleryImages_CreateOrUpdate', `PUT ${all}/{}`, put),
  route('GalleryImages_Get', `GET ${all}/{}`, call => ok(view(imageOf(call)))),
  route('GalleryImages_Update', `PATCH ${all}/{}`, call => {
    const image = imageOf(call);
    image.tags = readTags(jsonBody(call)) ?? image.tags;
    return ok(view(image));
  }),
  route('GalleryImages_Delete', `DELETE ${all}/{}`, remove),
  route('GalleryImages_ListByGallery', `GET ${all}`, call =>
    page(call, [...find(call, 'galleries').images.values()], view),
  ),
];
