/** Compute galleries: they hold image definitions, and those their versions. Source: Compute REST API, Galleries. */
import type { World } from '../../../world/world.ts';
import type { Call, Reply } from '../call.ts';
import { conflict } from '../errors.ts';
import { nothing, objectAt, textAt } from '../fields.ts';
import { leave } from '../ids.ts';
import { under } from '../operations.ts';
import type { Gallery } from '../records.ts';
import type { Route } from '../router.ts';
import {
  fresh,
  head,
  networkDelay,
  orderOf,
  requireFree,
  settle,
  trackedRoutes,
  vanish,
} from '../tracked.ts';
import { galleryImageRoutes } from './gallery-images.ts';
import { dropVersion, galleryVersionRoutes } from './gallery-versions.ts';

const view = (gallery: Gallery) => ({
  ...head(gallery),
  properties: {
    ...(gallery.description !== undefined && { description: gallery.description }),
    identifier: { uniqueName: `${gallery.group.account.subscriptionId}-${gallery.name.toUpperCase()}` },
    provisioningState: gallery.state,
  },
});

function put(call: Call): Reply {
  const order = orderOf(call, 'galleries');
  const { existing, group, name, body, tags } = order;
  const description = textAt(objectAt(body, 'properties') ?? nothing, 'description', 'properties.');
  if (existing) requireFree(existing);
  const gallery: Gallery =
    existing ?? Object.assign(fresh(call, 'galleries', order), { description, images: new Map() });
  gallery.description = description;
  gallery.tags = tags;
  group.resources.galleries.set(name.toLowerCase(), gallery);
  const operation = settle(call, gallery, existing ? 'Updating' : 'Creating', networkDelay(call));
  return { status: existing ? 200 : 201, headers: under(call, operation, false), body: view(gallery) };
}

export function dropGallery(world: World, gallery: Gallery): void {
  if (!leave(gallery)) return;
  for (const image of gallery.images.values())
    for (const version of image.versions.values()) dropVersion(world, version);
}

export const galleryRoutes: readonly Route[] = [
  ...trackedRoutes({
    type: 'galleries',
    noun: 'Galleries',
    verbs: ['ListByResourceGroup', 'List', 'Update'],
    put,
    view,
    remove(call, gallery) {
      if (gallery.state !== 'Deleting') {
        requireFree(gallery);
        if (gallery.images.size > 0)
          throw conflict(
            'CannotDeleteResource',
            `Can not delete resource before nested resources are deleted. Nested resources: ${[...gallery.images.values()].map(image => `images/${image.name}`).join(', ')}.`,
          );
      }
      return vanish(call, gallery, networkDelay(call), () => dropGallery(call.world, gallery));
    },
  }),
  ...galleryImageRoutes,
  ...galleryVersionRoutes,
];
