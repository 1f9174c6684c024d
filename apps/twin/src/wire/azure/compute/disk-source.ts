/** What disks and snapshots are made of: their creationData. Source: Compute REST API, Disks and Snapshots, CreationData. */
import type { Call, Json } from '../call.ts';
import { ArmError, badRequest, conflict, missingParameter } from '../errors.ts';
import { objectAt, referenceAt, textAt } from '../fields.ts';
import { idOf, resolve } from '../ids.ts';
import type { Content, Creation, Disk, Snapshot } from '../records.ts';
import { captureFiles, shareContent } from './files.ts';
import { catalogueOf } from './image-catalogue.ts';

/** Read and checked; `content` takes its share of the files, and is called once, when nothing can fail any more. */
export interface DiskSource {
  readonly creation: Creation;
  /** The smallest disk that it fits on. */
  readonly sizeGb: number | undefined;
  readonly sku: string | undefined;
  content(): Content | undefined;
}

const notFound = (id: string) =>
  new ArmError(404, 'NotFound', `The source resource '${id}' of the disk was not found.`, {
    target: 'creationData.sourceResourceId',
  });

/** What lies on the disk at this moment: a VM's OS disk is copied as the VM has it. */
export function contentNow(call: Call, disk: Disk): Content | undefined {
  const { vm, content } = disk;
  if (!content || vm?.osDisk !== disk) return shareContent(content);
  return { ...content, files: captureFiles(call, vm), os: vm.generalized ? undefined : vm.os };
}

/** Disk or snapshot, of the same location. */
export function resolveSource(call: Call, id: string, location: string): Disk | Snapshot {
  const source = resolve(call.account, id, 'disks') ?? resolve(call.account, id, 'snapshots');
  if (!source || source.state === 'Deleting') throw notFound(id);
  if (source.location !== location)
    throw badRequest(
      'BadRequest',
      `The source resource ${id} is in location '${source.location}': it has to be in '${location}' as the resource that is made of it.`,
    );
  if (source.operation?.status === 'InProgress')
    throw conflict(
      'OperationNotAllowed',
      `The source resource ${id} is not in the Succeeded state: it is ${source.state}.`,
    );
  return source;
}

export const sourceContent = (call: Call, source: Disk | Snapshot): Content | undefined =>
  source.type === 'disks' ? contentNow(call, source as Disk) : shareContent(source.content);

/** A marketplace image's id: the subscription in it does not matter. */
function platformImage(call: Call, id: string, location: string) {
  const [, publisher = '', offer = '', sku = '', version = ''] =
    /\/publishers\/([^/]+)\/artifacttypes\/vmimage\/offers\/([^/]+)\/skus\/([^/]+)\/versions\/([^/]+)$/i.exec(
      id,
    ) ?? [];
  const image = catalogueOf(call.account.cloud)
    .versionsOf(publisher, offer, sku)
    .find(each => each.version === version);
  if (image) return image;
  throw new ArmError(404, 'NotFound', `The Image '${id}' cannot be found in '${location}' region.`, {
    target: 'imageReference',
  });
}

export function readSource(
  call: Call,
  properties: Json,
  location: string,
  noun: 'disk' | 'snapshot',
): DiskSource {
  const inside = 'properties.creationData.';
  const data = objectAt(properties, 'creationData', 'properties.');
  if (!data) throw missingParameter(`${noun}.creationData`);
  const option = textAt(data, 'createOption', inside);
  if (option === undefined) throw missingParameter(`${noun}.creationData.createOption`);
  switch (option.toLowerCase()) {
    case 'empty':
      if (noun === 'disk')
        return { creation: { option: 'Empty' }, sizeGb: undefined, sku: undefined, content: () => undefined };
      break;
    case 'copy': {
      const id = textAt(data, 'sourceResourceId', inside);
      if (id === undefined || id === '') throw missingParameter(`${noun}.creationData.sourceResourceId`);
      const source = resolveSource(call, id, location);
      return {
        creation: { option: 'Copy', sourceId: idOf(source), sourceGuid: source.guid },
        sizeGb: source.sizeGb,
        sku: source.sku,
        content: () => sourceContent(call, source),
      };
    }
    case 'fromimage': {
      if (noun === 'snapshot') break;
      const id = referenceAt(data, 'imageReference', inside);
      if (id === undefined) throw missingParameter('disk.creationData.imageReference.id');
      const image = platformImage(call, id, location);
      return {
        creation: { option: 'FromImage', imageId: id },
        sizeGb: image.diskGb,
        sku: undefined,
        content: () => ({ ...bootable(image), files: undefined, os: undefined }),
      };
    }
  }
  const offered = noun === 'disk' ? 'Empty, Copy and FromImage' : 'Copy';
  throw badRequest('BadRequest', `The create option '${option}' is not offered here: only ${offered}.`);
}

/** The four words of it alone. */
export const bootable = ({ generation, architecture, diskGb, osName }: Omit<Content, 'files' | 'os'>) => ({
  generation,
  architecture,
  diskGb,
  osName,
});

export const creationView = (creation: Creation) => {
  switch (creation.option) {
    case 'Empty':
      return { createOption: 'Empty' };
    case 'Copy':
      return {
        createOption: 'Copy',
        sourceResourceId: creation.sourceId,
        sourceUniqueId: creation.sourceGuid,
      };
    case 'FromImage':
      return { createOption: 'FromImage', imageReference: { id: creation.imageId } };
  }
};

export const systemView = (content: Content | undefined) =>
  content && {
    osType: 'Linux',
    hyperVGeneration: content.generation,
    supportedCapabilities: { architecture: content.architecture, acceleratedNetwork: true },
  };
