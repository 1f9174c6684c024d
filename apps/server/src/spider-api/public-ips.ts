/** Public addresses of one's own. */
import type { PublicIp } from '@cloud-barista/model/public-ip';
import {
  associatePublicIp,
  createPublicIp,
  dissociatePublicIp,
  getPublicIp,
  listPublicIps,
} from '@cloud-barista/spider/public-ips';
import { whole } from './credentials.ts';
import { ours } from './names.ts';
import { remove } from './removing.ts';
import { needed } from './request.ts';
import type { Ask, SpiderRoute } from './route.ts';
import { ownerOf, publicIpInfo } from './views.ts';

const infoOf = ({ spider }: Ask, ip: PublicIp) =>
  publicIpInfo(spider, ip, ownerOf(spider, ip.connection, ip.vm));

export const publicIpRoutes: readonly SpiderRoute[] = [
  {
    method: 'POST',
    path: '/publicip',
    since: 'newest',
    summary: 'Take a public address',
    differs: 'TagList is ignored',
    async answer(ask) {
      const name = await ask.newName();
      return infoOf(ask, await createPublicIp(ask.spider, ask.connection(), { name }, ask.call));
    },
  },
  {
    method: 'GET',
    path: '/publicip',
    since: 'newest',
    summary: 'List public addresses',
    async answer(ask) {
      const { items } = await listPublicIps(ask.spider, ask.connection(), whole, ask.call);
      return { publicip: items.map(ip => infoOf(ask, ip)) };
    },
  },
  {
    method: 'GET',
    path: '/publicip/:Name',
    since: 'newest',
    summary: 'Get a public address',
    answer: async ask => infoOf(ask, await getPublicIp(ask.spider, ask.connection(), ask.name(), ask.call)),
  },
  {
    method: 'DELETE',
    path: '/publicip/:Name',
    since: 'newest',
    summary: 'Give a public address back',
    answer: ask => remove(ask, 'public-ip'),
  },
  {
    method: 'PUT',
    path: '/publicip/:Name/associate',
    since: 'newest',
    summary: 'Give a public address to a VM',
    differs: 'to a VM by VMName; interfaces (NICName, PrivateIP) are none of ours',
    async answer(ask) {
      const vm = ours(needed(ask.word('VMName'), 'VMName'));
      return infoOf(ask, await associatePublicIp(ask.spider, ask.connection(), ask.name(), vm, ask.call));
    },
  },
  {
    method: 'PUT',
    path: '/publicip/:Name/disassociate',
    since: 'newest',
    summary: 'Take a public address from its VM',
    async answer(ask) {
      await dissociatePublicIp(ask.spider, ask.connection(), ask.name(), ask.call);
      return { Result: 'true' };
    },
  },
];
