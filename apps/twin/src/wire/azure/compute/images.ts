/** Images as they are listed, level by level; the answers are bare arrays. Source: Compute REST API, Virtual Machine Images. */
import { ok, param, type Call, type Reply } from '../call.ts';
import { ArmError, badRequest } from '../errors.ts';
import { route, type Route } from '../router.ts';
import { catalogueOf, type ImageVersion } from './image-catalogue.ts';
import { locationOf } from './size-routes.ts';

const notFound = () => new ArmError(404, 'NotFound', 'Artifact: VMImage was not found.');
type Level = 'publisher' | 'offer' | 'sku' | 'version';

const base = (call: Call, location: string) =>
  `/Subscriptions/${call.account.subscriptionId}/Providers/Microsoft.Compute/Locations/${location}`;

const place = (image: ImageVersion, level: Level): string => {
  const { publisher, offer, sku, version } = image;
  let path = `/Publishers/${publisher}`;
  if (level === 'publisher') return path;
  path += `/ArtifactTypes/VMImage/Offers/${offer}`;
  if (level === 'offer') return path;
  path += `/Skus/${sku}`;
  return level === 'sku' ? path : `${path}/Versions/${version}`;
};

/** The first image below each name of `level`, within what the path names above it. */
function below(call: Call, level: Exclude<Level, 'version'>): ImageVersion[] {
  const { publishers } = catalogueOf(call.account.cloud);
  const offers = (publisher: string) => publishers.get(publisher.toLowerCase());
  const first = (skus: Iterable<readonly ImageVersion[]>) => [...skus].flatMap(each => each.slice(0, 1));
  switch (level) {
    case 'publisher':
      return [...publishers.values()].flatMap(each =>
        [...each.values()].slice(0, 1).flatMap(skus => first(skus.values()).slice(0, 1)),
      );
    case 'offer':
      return [...(offers(param(call, 2))?.values() ?? [])].flatMap(skus => first(skus.values()).slice(0, 1));
    case 'sku':
      return first(offers(param(call, 2))?.get(param(call, 3).toLowerCase())?.values() ?? []);
  }
}

const list =
  (level: Exclude<Level, 'version'>) =>
  (call: Call): Reply => {
    const location = locationOf(call);
    const found = below(call, level);
    if (found.length === 0) throw notFound();
    return ok(
      found
        .map(image => ({ location, name: image[level], id: base(call, location) + place(image, level) }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
  };

const view = (call: Call, location: string, image: ImageVersion, whole: boolean) => ({
  location,
  name: image.version,
  id: base(call, location) + place(image, 'version'),
  ...(whole && {
    properties: {
      hyperVGeneration: image.generation,
      architecture: image.architecture,
      replicaType: 'Managed',
      replicaCount: 10,
      disallowed: { vmDiskType: 'Unmanaged' },
      automaticOSUpgradeProperties: { automaticOSUpgradeSupported: false },
      imageDeprecationStatus: { imageState: 'Active' },
      features: [
        { name: 'IsAcceleratedNetworkSupported', value: 'True' },
        { name: 'DiskControllerTypes', value: 'SCSI, NVMe' },
      ],
      osDiskImage: { operatingSystem: 'Linux', sizeInGb: image.diskGb },
      dataDiskImages: [],
    },
  }),
});

function listVersions(call: Call): Reply {
  const location = locationOf(call);
  let found = catalogueOf(call.account.cloud).versionsOf(param(call, 2), param(call, 3), param(call, 4));
  if (found.length === 0) throw notFound();
  const { query } = call;
  const order = query.get('$orderby');
  if (order !== undefined) {
    const [, way] = /^\s*name(?:\s+(asc|desc))?\s*$/i.exec(order) ?? [order, undefined];
    if (!/^\s*name(\s+(asc|desc))?\s*$/i.test(order))
      throw badRequest(
        'InvalidParameter',
        `The $orderby '${order}' is not supported: only name asc and name desc.`,
      );
    if (way?.toLowerCase() === 'desc') found = found.toReversed();
  }
  const top = query.get('$top');
  if (top !== undefined) {
    if (!/^[1-9]\d*$/.test(top))
      throw badRequest('InvalidParameter', `The value '${top}' of $top is not a positive number.`);
    found = found.slice(0, Number(top));
  }
  const whole = query.get('$expand')?.toLowerCase() === 'properties';
  return ok(found.map(image => view(call, location, image, whole)));
}

function getVersion(call: Call): Reply {
  const location = locationOf(call);
  const version = param(call, 5);
  const image = catalogueOf(call.account.cloud)
    .versionsOf(param(call, 2), param(call, 3), param(call, 4))
    .find(each => each.version === version);
  if (!image) throw notFound();
  return ok(view(call, location, image, true));
}

const publishers = '/subscriptions/{}/providers/Microsoft.Compute/locations/{}/publishers' as const;
const offers = `${publishers}/{}/artifacttypes/vmimage/offers` as const;
const skus = `${offers}/{}/skus` as const;
const versions = `${skus}/{}/versions` as const;
export const imageRoutes: readonly Route[] = [
  route('VirtualMachineImages_ListPublishers', `GET ${publishers}`, list('publisher')),
  route('VirtualMachineImages_ListOffers', `GET ${offers}`, list('offer')),
  route('VirtualMachineImages_ListSkus', `GET ${skus}`, list('sku')),
  route('VirtualMachineImages_List', `GET ${versions}`, listVersions),
  route('VirtualMachineImages_Get', `GET ${versions}/{}`, getVersion),
];
