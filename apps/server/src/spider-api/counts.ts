/** Counts: how many names there are, in all connections or in one. No cloud is asked. */
import type { IdRecord } from '@cloud-barista/spider/claims';
import { connectionOf } from '@cloud-barista/spider/connections';
import { ids, idFolder } from '@cloud-barista/spider/keys';
import type { VpcData } from '@cloud-barista/spider/vpcs';
import type { IntegratedKind } from '@cloud-barista/model/inventory';
import type { Spider } from '@cloud-barista/spider/context';
import { kinds } from './kinds.ts';
import type { Ask, SpiderRoute } from './route.ts';

const records = (spider: Spider, folder: string): IdRecord[] =>
  spider.mirror.values<IdRecord>(folder).map(held => held.value);

/** In one connection, or in all. */
function recordsOf({ spider }: Ask, kind: IntegratedKind, connection: string | undefined): IdRecord[] {
  if (connection !== undefined) return records(spider, idFolder(connection, kind));
  return spider.mirror
    .folders(ids)
    .filter(folder => folder.endsWith(`/${kind}/`))
    .flatMap(folder => records(spider, folder));
}

type Count = (ask: Ask, connection: string | undefined) => number;
const subnets: Count = (ask, connection) =>
  (recordsOf(ask, 'vpc', connection) as IdRecord<VpcData>[]).reduce(
    (sum, vpc) => sum + vpc.data.subnets.filter(subnet => subnet.id !== '').length,
    0,
  );

const pair = (word: string, count: Count): SpiderRoute[] => [
  {
    method: 'GET',
    path: `/count${word}`,
    since: 'newest',
    summary: `Count: ${word}`,
    answer: ask => ({ count: count(ask, undefined) }),
  },
  {
    method: 'GET',
    path: `/count${word}/:ConnectionName`,
    since: 'newest',
    summary: `Count in a connection: ${word}`,
    differs: 'a connection that is none is an error, not 0',
    async answer(ask) {
      const connection = ask.name('ConnectionName');
      await connectionOf(ask.spider, connection);
      return { count: count(ask, connection) };
    },
  },
];

export const countRoutes: readonly SpiderRoute[] = [
  ...kinds.flatMap(({ word, kind }) =>
    pair(
      word,
      (ask, connection) => recordsOf(ask, kind, connection).filter(record => record.id !== '').length,
    ),
  ),
  ...pair('subnet', subnets),
];
