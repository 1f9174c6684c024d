/** Galleries' images and versions by their ids. Source: "Store and share images in an Azure Compute Gallery". */
import type { Call } from '../call.ts';
import { idOf, resolve } from '../ids.ts';
import type { GalleryImage, GalleryVersion } from '../records.ts';
import { byVersion } from './image-catalogue.ts';

export const imageIdOf = (image: GalleryImage): string => `${idOf(image.gallery)}/images/${image.name}`;
export const versionIdOf = (version: GalleryVersion): string =>
  `${imageIdOf(version.image)}/versions/${version.name}`;

export interface FoundVersion {
  readonly version: GalleryVersion;
  readonly versionId: string;
  /** A definition's id stands for its latest version. */
  readonly askedId: string;
}

const inRegion = (version: GalleryVersion, location: string): boolean =>
  version.state === 'Succeeded' && version.regions.some(region => region.location === location);

/** A version, or the latest of a definition, that the location has. */
export function findGalleryImage(call: Call, id: string, location: string): FoundVersion | undefined {
  const [, galleryId = '', imageName = '', versionName] =
    /^(.*\/galleries\/[^/]+)\/images\/([^/]+)(?:\/versions\/([^/]+))?$/i.exec(id) ?? [];
  const image = resolve(call.account, galleryId, 'galleries')?.images.get(imageName.toLowerCase());
  if (!image) return undefined;
  const wanted = versionName?.toLowerCase();
  const version =
    wanted === undefined || wanted === 'latest'
      ? [...image.versions.values()]
          .filter(each => !each.excludeFromLatest && inRegion(each, location))
          .sort((a, b) => byVersion(a.name, b.name))
          .at(-1)
      : image.versions.get(wanted);
  if (!version || !inRegion(version, location)) return undefined;
  return {
    version,
    versionId: versionIdOf(version),
    askedId: wanted === undefined ? imageIdOf(image) : versionIdOf(version),
  };
}
