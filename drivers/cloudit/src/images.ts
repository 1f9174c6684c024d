/** Images: Cloudit's templates. Root is let in, whatever the system; Windows has its Administrator. */
import type { Call } from '@cloud-barista/driver/call';
import { orAbsent } from '@cloud-barista/driver/errors';
import type { Images } from '@cloud-barista/driver/images';
import type { Listings } from '@cloud-barista/driver/listing';
import { readImageName, type Image } from '@cloud-barista/model/image';
import type { Api } from './api.ts';
import { findSnapshot, isSnapshot } from './custom-images.ts';
import { timeOf, type Template } from './fields.ts';
import { readMarkedName } from './marks.ts';

function architectureOf(arch = ''): Image['architecture'] {
  if (/^(x86_64|amd64|x64)$/i.test(arch)) return 'x86_64';
  return /^(aarch64|arm64)$/i.test(arch) ? 'arm64' : '';
}

function imageOf(template: Template): Image {
  const { os, osVersion, user } = readImageName(`${template.name} ${template.os ?? ''}`);
  return {
    id: template.id,
    name: template.name,
    os,
    osVersion,
    architecture: architectureOf(template.arch),
    user: os === 'windows' ? user : 'root',
    available: (template.state ?? 'AVAILABLE').toUpperCase() === 'AVAILABLE' && (template.enabled ?? 1) !== 0,
    created: timeOf(template.createdAt),
    minDiskGb: template.size ?? 0,
  };
}

const template = (api: Api, call: Call, id: string) =>
  api.ask<Template>(call, 'GET', 'ace', 'templates/{id}', { resource: 'image', name: id, path: { id } });

export function createImages(api: Api, listings: Listings): Images {
  const { cluster } = api.settings;
  return {
    list: (call, search = '') =>
      listings.page(`images ${search}`, call, async () => {
        const all = await api.list<Template>(call, 'ace', 'templates', 'image');
        const wanted = search.toLowerCase();
        return all
          .filter(one => cluster === '' || (one.clusterName || cluster) === cluster)
          .filter(one => one.name.toLowerCase().includes(wanted))
          .map(imageOf);
      }),
    async get(call, id) {
      if (!isSnapshot(id)) return imageOf(await template(api, call, id));
      const snapshot = await findSnapshot(api, call, id);
      const base = await orAbsent(template(api, call, snapshot.templateId ?? ''));
      const image = imageOf(base ?? { id, name: '' });
      return {
        ...image,
        id,
        name: readMarkedName(snapshot.name).name,
        available: (snapshot.state ?? '').toUpperCase() === 'COMPLETED',
        created: timeOf(snapshot.createdAt),
        minDiskGb: snapshot.size ?? image.minDiskGb,
      };
    },
  };
}
