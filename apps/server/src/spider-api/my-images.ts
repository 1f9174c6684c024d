/** MyImages: images made of VMs. */
import type { CustomImage } from '@cloud-barista/model/custom-image';
import {
  awaitCustomImage,
  createCustomImage,
  getCustomImage,
  listCustomImages,
} from '@cloud-barista/spider/custom-images';
import { undoCreate } from '@cloud-barista/spider/undo';
import { whole } from './credentials.ts';
import { ours, theirs } from './names.ts';
import { remove } from './removing.ts';
import { needed } from './request.ts';
import { idOf, type Ask, type SpiderRoute } from './route.ts';
import { iid, myImageInfo } from './views.ts';

/** The VM that it was made of may be long gone: its name stays. */
const infoOf = ({ spider }: Ask, image: CustomImage) =>
  myImageInfo(spider, image, iid(theirs(spider, image.vm), idOf(spider, image.connection, 'vm', image.vm)));

let made = 0;
async function create(ask: Ask) {
  const { spider, info } = ask;
  const connection = ask.connection();
  const name = await ask.newName();
  const vm = ours(needed(info.text('SourceVM'), 'SourceVM'));
  const call = { ...ask.call, owner: `spider-api/${spider.process}/image-${++made}` };
  try {
    await createCustomImage(spider, connection, { name, vm }, call);
    return infoOf(ask, await awaitCustomImage(spider, connection, name, call));
  } catch (error) {
    await undoCreate(spider, connection, 'custom-image', name, call).catch(() => {});
    throw error;
  }
}

export const myImageRoutes: readonly SpiderRoute[] = [
  {
    method: 'POST',
    path: '/myimage',
    since: 'newest',
    summary: 'Make an image of a VM',
    differs: 'answers when it is Available; one that fails is taken back; TagList is ignored',
    answer: create,
  },
  {
    method: 'GET',
    path: '/myimage',
    since: 'newest',
    summary: 'List images made of VMs',
    async answer(ask) {
      const { items } = await listCustomImages(ask.spider, ask.connection(), whole, ask.call);
      return { myImage: items.map(image => infoOf(ask, image)) };
    },
  },
  {
    method: 'GET',
    path: '/myimage/:Name',
    since: 'newest',
    summary: 'Get an image made of a VM',
    answer: async ask =>
      infoOf(ask, await getCustomImage(ask.spider, ask.connection(), ask.name(), ask.call)),
  },
  {
    method: 'DELETE',
    path: '/myimage/:Name',
    since: 'newest',
    summary: 'Delete an image made of a VM',
    answer: ask => remove(ask, 'custom-image'),
  },
];
