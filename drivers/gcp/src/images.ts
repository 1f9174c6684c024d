/**
 * Images: the public projects' and the account's own, without those that are deprecated. The id is the partial address that
 * Compute Engine itself takes: `projects/ubuntu-os-cloud/global/images/ubuntu-2204-jammy-v20260101`.
 */
import type { Call } from '@cloud-barista/driver/call';
import { together } from '@cloud-barista/driver/concurrency';
import type { Images } from '@cloud-barista/driver/images';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { readImageName, type Image } from '@cloud-barista/model/image';
import { cloudId, type CloudId } from '@cloud-barista/model/ids';
import { tail, type Api } from './api.ts';
import type { Listings } from '@cloud-barista/driver/listing';

/** "Operating system details", the projects behind the public Linux images; those of Windows need another login than SSH. */
const publicProjects = [
  'centos-cloud',
  'cos-cloud',
  'debian-cloud',
  'opensuse-cloud',
  'rhel-cloud',
  'rocky-linux-cloud',
  'suse-cloud',
  'ubuntu-os-cloud',
];

/**
 * Compute Engine's guest agent makes whatever user the metadata `ssh-keys` names, with sudo: so it is one word on all of its images.
 */
export const loginUser = 'cb-user';

export interface GcpImage {
  name?: string;
  family?: string;
  selfLink?: string;
  architecture?: string;
  status?: string;
  creationTimestamp?: string;
  diskSizeGb?: string;
  labels?: Record<string, string>;
  /** Addresses. They go with a disk into the images that are made of it. */
  licenses?: string[];
  deprecated?: { state?: string };
}
const fields = 'name,family,selfLink,architecture,status,creationTimestamp,diskSizeGb,deprecated/state';
/** What the project's own images are made of is told by no name of Google's. */
const ownFields = `${fields},licenses`;

const idRegExp = /^projects\/([a-z0-9.:-]+)\/global\/images\/((?:family\/)?[a-z0-9-]+)$/;

/** Where an image lies, by its id, its whole address, or as `family/NAME` or a name of the own project. */
export function locate(id: string, own: string): { project: string; image: string } | undefined {
  const partial = id.replace(/^https?:\/\/[^/]+(?:\/[^/]+)*?\/(?=projects\/)/, '');
  const [, project, image] = idRegExp.exec(partial) ?? [];
  if (project !== undefined && image !== undefined) return { project, image };
  return /^(?:family\/)?[a-z][a-z0-9-]{0,62}$/.test(id) ? { project: own, image: id } : undefined;
}

export const imageId = (project: string, name: string): CloudId =>
  cloudId(`projects/${project}/global/images/${name}`);

/** Names here have no dots: ubuntu-2204-jammy-v…, rocky-linux-9-optimized-gcp-v…, rhel-9-v…, sles-15-sp6-v…, cos-117-…. */
export function readSystem(name: string): { os: string; osVersion: string } {
  const ubuntu = /^ubuntu(?:-[a-z]+)*-(\d\d)(\d\d)(?!\d)/.exec(name);
  if (ubuntu) return { os: 'ubuntu', osVersion: `${ubuntu[1]}.${ubuntu[2]}` };
  const other = /^(rhel|sles|cos|opensuse-leap|fedora-coreos)(?:-[a-z]+)*-(\d+)(?:-sp(\d+)|-(\d)(?=-))?/.exec(
    name,
  );
  if (other) {
    const [, os = '', version = '', servicePack, minor] = other;
    const point = servicePack ?? (os === 'opensuse-leap' ? minor : undefined);
    return { os, osVersion: point === undefined ? version : `${version}.${point}` };
  }
  const { os, osVersion } = readImageName(name);
  return { os, osVersion };
}

const architectures: Readonly<Record<string, 'x86_64' | 'arm64'>> = { X86_64: 'x86_64', ARM64: 'arm64' };
/** What Google writes with its own offset (-08:00), as all others write it. */
export const utc = (time: string | undefined): string => {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? '' : new Date(ms).toISOString();
};

/** `own` is the account's project. */
export function toImage(project: string, image: GcpImage, own?: string): Image {
  const name = image.name ?? '';
  const words = [name, image.family ?? '', ...(image.licenses ?? []).map(tail)];
  const known = words.map(readSystem).find(({ os }) => os !== '');
  return {
    id: imageId(project, name),
    name,
    ...(known ?? { os: '', osVersion: '' }),
    architecture: architectures[image.architecture ?? ''] ?? '',
    user: loginUser,
    available: image.status === 'READY' && image.deprecated?.state !== 'DELETED',
    created: utc(image.creationTimestamp),
    minDiskGb: Number(image.diskSizeGb ?? 0),
    ...(project === own && { custom: true as const }),
  };
}

const current = ({ deprecated }: GcpImage): boolean =>
  deprecated?.state === undefined || deprecated.state === 'ACTIVE';

export function createImages(api: Api, listings: Listings): Images {
  const own = api.settings.project;

  async function listProject(call: Call, project: string): Promise<Image[]> {
    const order = {
      resource: 'image',
      name: project,
      path: { project },
      query: { fields: `items(${project === own ? ownFields : fields}),nextPageToken` },
    } as const;
    try {
      const images = await api.all<GcpImage>('GET projects/{project}/global/images', order, call.signal);
      return images.filter(current).map(image => toImage(project, image, own));
    } catch (error) {
      // A public project that is gone, or that the organisation's policy (compute.trustedImageProjects) shuts, has nothing for us.
      if (project !== own && hasCode(error, 'not_found', 'permission_denied')) return [];
      throw error;
    }
  }

  return {
    list: (call, search = '') =>
      listings.page(`images ${search}`, call, async () => {
        const projects = new Set([...publicProjects, own]);
        const wanted = search.toLowerCase();
        const lists = await together([...projects].map(project => listProject(call, project)));
        return lists.flat().filter(image => image.available && image.name.toLowerCase().includes(wanted));
      }),
    async get(call, id) {
      const place = locate(id, own);
      if (place === undefined)
        throw new BaristaError(
          'not_found',
          `${JSON.stringify(id.slice(0, 200))} is no image of Google Cloud.`,
          {
            next: 'Give it as projects/PROJECT/global/images/NAME, or …/images/family/FAMILY.',
            where: 'image',
          },
        );
      const { project, image } = place;
      // A family's name stands in the path as it is: its slash is no part of a name.
      const which = image.startsWith('family/')
        ? 'GET projects/{project}/global/images/family/{image}'
        : 'GET projects/{project}/global/images/{image}';
      const path = { project, image: image.replace('family/', '') };
      const query = { fields: project === own ? ownFields : fields };
      const order = { resource: 'image', name: id, path, query } as const;
      return toImage(project, await api.send<GcpImage>(which, order, call.signal), own);
    },
  };
}
