/** Versions of a gallery's images: of a VM, running or not where specialized, of a managed image, a disk or a snapshot. Source: Compute REST API, Gallery Image Versions. */
import type { World } from '../../../world/world.ts';
import { newGuid } from '../account.ts';
import { jsonBody, noContent, ok, param, type Call, type Json, type Reply } from '../call.ts';
import { badRequest, conflict, invalidParameter, missingParameter, resourceNotFound } from '../errors.ts';
import { booleanAt, nothing, numberAt, objectAt, objectsAt, referenceAt, textAt } from '../fields.ts';
import { idOf, resolve } from '../ids.ts';
import { readTags } from '../names.ts';
import { under } from '../operations.ts';
import { page } from '../pages.ts';
import { noTags, type GalleryImage, type GalleryVersion, type OsState } from '../records.ts';
import { plainLocation } from '../regions.ts';
import { route, type Route } from '../router.ts';
import { requireFree, requireLocation } from '../tracked.ts';
import { resolveVm, vmSource, type ImageSource } from './custom-images.ts';
import { resolveSource, sourceContent } from './disk-source.ts';
import { releaseFiles, shareContent } from './files.ts';
import { imageIdOf, versionIdOf } from './gallery-ids.ts';
import { imageOf, requireGallery, settleNested, vanishNested } from './gallery-images.ts';

function versionOf(call: Call): GalleryVersion {
  const image = imageOf(call);
  const version = image.versions.get(param(call, 4).toLowerCase());
  if (version) return version;
  throw resourceNotFound(
    'Microsoft.Compute/galleries',
    `${image.gallery.name}/images/${image.name}/versions/${param(call, 4)}`,
    image.gallery.group.name,
  );
}

const view = (version: GalleryVersion) => {
  const { image, osDisk, dataDisks } = version;
  return {
    name: version.name,
    id: versionIdOf(version),
    type: 'Microsoft.Compute/galleries/images/versions',
    location: image.gallery.location,
    ...(version.tags !== noTags && { tags: version.tags }),
    properties: {
      publishingProfile: {
        targetRegions: version.regions.map(({ location, replicas }) => ({
          name: location,
          regionalReplicaCount: replicas,
          storageAccountType: 'Standard_LRS',
        })),
        replicaCount: 1,
        excludeFromLatest: version.excludeFromLatest,
        publishedDate: new Date(version.createdAt).toISOString(),
        storageAccountType: 'Standard_LRS',
      },
      storageProfile: {
        source: { id: version.sourceId },
        osDiskImage: { sizeInGB: osDisk.sizeGb, hostCaching: osDisk.caching },
        ...(dataDisks.length > 0 && {
          dataDiskImages: dataDisks.map(({ lun, sizeGb, caching }) => ({
            lun,
            sizeInGB: sizeGb,
            hostCaching: caching,
          })),
        }),
      },
      provisioningState: version.state,
    },
  };
};

interface Source extends ImageSource {
  readonly id: string;
  readonly osState: OsState;
}

function readSource(call: Call, properties: Json, location: string): Source {
  const inside = 'properties.storageProfile.';
  const storage = objectAt(properties, 'storageProfile', 'properties.');
  if (!storage) throw missingParameter('galleryImageVersion.properties.storageProfile');
  const source = objectAt(storage, 'source', inside);
  const id = source && (textAt(source, 'virtualMachineId') ?? textAt(source, 'id'));
  if (id !== undefined) {
    if (/\/virtualMachines\/[^/]+$/i.test(id)) {
      const vm = resolveVm(call, id, location);
      return { ...vmSource(call, vm), id: idOf(vm), osState: vm.generalized ? 'Generalized' : 'Specialized' };
    }
    const image = resolve(call.account, id, 'images');
    if (!image || image.location !== location) throw resourceNotFound('Microsoft.Compute/images', id, '');
    const { osDisk, dataDisks, content } = image;
    return {
      id: idOf(image),
      osState: 'Generalized',
      sourceVmId: undefined,
      osDisk,
      dataDisks,
      system: content,
      content: () => shareContent(content) ?? content,
    };
  }
  const osDiskImage = objectAt(storage, 'osDiskImage', inside) ?? nothing;
  const diskId = referenceAt(osDiskImage, 'source', `${inside}osDiskImage.`);
  if (diskId === undefined) throw missingParameter('galleryImageVersion.properties.storageProfile.source');
  const disk = resolveSource(call, diskId, location);
  const { content } = disk;
  if (!content) throw badRequest('BadRequest', `The source resource ${diskId} holds no operating system.`);
  const kind = disk.type === 'disks' ? 'managedDisk' : 'snapshot';
  return {
    id: idOf(disk),
    // A disk does not tell: it is what the definition says.
    osState: 'Specialized',
    sourceVmId: undefined,
    osDisk: {
      lun: 0,
      sizeGb: disk.sizeGb,
      sku: disk.sku,
      caching: 'ReadWrite',
      source: { kind, id: idOf(disk) },
    },
    dataDisks: [],
    system: content,
    content: () => ({ ...(sourceContent(call, disk) ?? content), diskGb: disk.sizeGb }),
  };
}

function readRegions(call: Call, properties: Json, home: string): GalleryVersion['regions'] {
  const profile = objectAt(properties, 'publishingProfile', 'properties.') ?? nothing;
  const inside = 'properties.publishingProfile.targetRegions.';
  const bodies = objectsAt(profile, 'targetRegions', 'properties.publishingProfile.') ?? [{ name: home }];
  const replicas = numberAt(profile, 'replicaCount', 'properties.publishingProfile.') ?? 1;
  const known = call.account.cloud.regions;
  const regions = bodies.map(body => {
    const location = plainLocation(textAt(body, 'name', inside) ?? '');
    if (!known.includes(location))
      throw badRequest('BadRequest', `The target region '${location}' is not one of ${known.join(', ')}.`);
    const count = numberAt(body, 'regionalReplicaCount', inside) ?? replicas;
    if (count < 1 || count > 100)
      throw invalidParameter('regionalReplicaCount', `The replica count ${count} is not from 1 to 100.`);
    return { location, replicas: count };
  });
  if (!regions.some(({ location }) => location === home))
    throw badRequest(
      'BadRequest',
      `The publishing profile of gallery image version has to name its own region '${home}' as a target region.`,
    );
  return regions;
}

function checkSource(image: GalleryImage, { id, system, osState }: Source): void {
  const fromDisk = /\/(disks|snapshots)\/[^/]+$/i.test(id);
  if (osState !== image.osState && !fromDisk)
    throw badRequest(
      'BadRequest',
      `The resource with id '${id}' has a different OS state ['${osState}'] than the parent gallery image OS state ['${image.osState}'].`,
    );
  if (system.generation !== image.generation)
    throw badRequest(
      'BadRequest',
      `The resource with id '${id}' has a different Hypervisor generation ['${system.generation}'] than the parent gallery image Hypervisor generation ['${image.generation}'].`,
    );
  if (system.architecture !== image.architecture)
    throw badRequest(
      'BadRequest',
      `The resource with id '${id}' has a different architecture ['${system.architecture}'] than the parent gallery image architecture ['${image.architecture}'].`,
    );
}

function put(call: Call): Reply {
  requireGallery(call);
  const image = imageOf(call);
  const name = param(call, 4);
  const body = jsonBody(call);
  const location = requireLocation(call, body, 'Microsoft.Compute/galleries/images/versions');
  if (location !== image.gallery.location)
    throw badRequest(
      'BadRequest',
      `The image version has to be in the location of its gallery, '${image.gallery.location}', not in '${location}'.`,
    );
  const existing = image.versions.get(name.toLowerCase());
  if (!existing && !/^\d{1,10}\.\d{1,10}\.\d{1,10}$/.test(name))
    throw invalidParameter(
      'galleryImageVersionName',
      `The image version name '${name.slice(0, 100)}' is invalid: it has the form MajorVersion.MinorVersion.Patch, each a 32-bit integer.`,
    );
  if (image.state === 'Creating' || image.state === 'Deleting')
    throw conflict(
      'Conflict',
      `The image definition ${imageIdOf(image)} is not in the Succeeded state: it is ${image.state}.`,
    );
  const properties = objectAt(body, 'properties') ?? nothing;
  const regions = readRegions(call, properties, location);
  const profile = objectAt(properties, 'publishingProfile') ?? nothing;
  const excludeFromLatest = booleanAt(profile, 'excludeFromLatest', 'properties.publishingProfile.') ?? false;
  const tags = readTags(body) ?? noTags;
  let version: GalleryVersion;
  if (existing) {
    requireFree(existing);
    Object.assign(existing, { regions, excludeFromLatest, tags });
    version = existing;
  } else {
    const source = readSource(call, properties, location);
    checkSource(image, source);
    const content = source.content();
    version = {
      image,
      name,
      n: call.account.next(),
      createdAt: call.world.now(),
      guid: newGuid(call.world, call.account, 'version'),
      sourceId: source.id,
      osDisk: source.osDisk,
      dataDisks: source.dataDisks,
      content: image.osState === 'Generalized' ? { ...content, os: undefined } : content,
      regions,
      excludeFromLatest,
      tags,
      state: 'Creating',
      operation: undefined,
    };
    image.versions.set(name.toLowerCase(), version);
  }
  const operation = settleNested(call, version, location, existing ? 'Updating' : 'Creating');
  return { status: existing ? 200 : 201, headers: under(call, operation, false), body: view(version) };
}

export function dropVersion(world: World, version: GalleryVersion): void {
  const { versions } = version.image;
  const key = version.name.toLowerCase();
  if (versions.get(key) === version && versions.delete(key)) releaseFiles(world, version.content.files);
}

const all =
  '/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Compute/galleries/{}/images/{}/versions' as const;
export const galleryVersionRoutes: readonly Route[] = [
  route('GalleryImageVersions_CreateOrUpdate', `PUT ${all}/{}`, put),
  route('GalleryImageVersions_Get', `GET ${all}/{}`, call => ok(view(versionOf(call)))),
  route('GalleryImageVersions_Update', `PATCH ${all}/{}`, call => {
    const version = versionOf(call);
    version.tags = readTags(jsonBody(call)) ?? version.tags;
    return ok(view(version));
  }),
  route('GalleryImageVersions_Delete', `DELETE ${all}/{}`, call => {
    const version = imageOf(call).versions.get(param(call, 4).toLowerCase());
    if (!version) return noContent;
    const { location } = version.image.gallery;
    return vanishNested(call, version, location, () => dropVersion(call.world, version));
  }),
  route('GalleryImageVersions_ListByGalleryImage', `GET ${all}`, call =>
    page(call, [...imageOf(call).versions.values()], view),
  ),
];
