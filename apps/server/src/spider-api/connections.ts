/** Connections: upstream's connection configs. */
import type { Connection } from '@cloud-barista/model/connection';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import {
  createConnection,
  deleteConnection,
  getConnection,
  listConnections,
} from '@cloud-barista/spider/connections';
import { whole } from './credentials.ts';
import { ofProvider, registered } from './drivers.ts';
import { ours, taken, theirs } from './names.ts';
import { driverFor } from './providers.ts';
import { needed } from './request.ts';
import { done, type Ask, type SpiderRoute } from './route.ts';

interface ConnectionInfo {
  ConfigName: string;
  ProviderName: string;
  DriverName: string;
  CredentialName: string;
  RegionName: string;
}
/** The name of its driver as upstream's client gave it; of the connection made at that moment only. */
interface Note {
  created: string;
  DriverName: string;
}
const notes = '/spider/upstream/connections/';

function shown({ spider }: Ask, connection: Connection): ConnectionInfo {
  const note = spider.mirror.get<Note>(notes + connection.name)?.value;
  return {
    ConfigName: theirs(spider, connection.name),
    ProviderName: connection.provider,
    DriverName: note?.created === connection.created ? note.DriverName : connection.driver,
    CredentialName: theirs(spider, connection.credential),
    RegionName: theirs(spider, connection.region),
  };
}

/** The driver of ours that a driver's name and a provider mean. */
async function driverOf(ask: Ask, driver: string, provider: string): Promise<string> {
  const info = registered(ask.spider, driver);
  if (!info && ask.spider.drivers.names.includes(driver)) return driver;
  if (!info)
    throw new BaristaError('not_found', `The driver ${driver} does not exist!`, { where: 'DriverName' });
  if (info.ProviderName !== provider.toUpperCase())
    throw new BaristaError(
      'invalid_argument',
      `The driver ${driver} is for ${info.ProviderName}, not ${provider}.`,
      { where: 'DriverName' },
    );
  return (await driverFor(ask.spider, provider)).name;
}

async function create(ask: Ask): Promise<ConnectionInfo> {
  const { body, spider } = ask;
  const word = (key: string) => needed(body.text(key), key);
  const [ConfigName, ProviderName, DriverName] = [
    word('ConfigName'),
    word('ProviderName'),
    word('DriverName'),
  ];
  const input = {
    name: await taken(spider, ConfigName),
    driver: await driverOf(ask, DriverName, ProviderName),
    credential: ours(word('CredentialName')),
    region: ours(word('RegionName')),
  };
  const made = await createConnection(spider, input).catch(async (error: unknown) => {
    if (!hasCode(error, 'already_exists')) throw error;
    const before = await getConnection(spider, input.name);
    const same = (['driver', 'credential', 'region'] as const).every(part => before[part] === input[part]);
    if (same) return before;
    // Refused where it holds something.
    await deleteConnection(spider, input.name);
    return createConnection(spider, input);
  });
  const note: Note = { created: made.created, DriverName };
  await spider.mirror.commit({ put: [{ key: notes + made.name, value: note }] });
  return shown(ask, made);
}

async function all(ask: Ask): Promise<ConnectionInfo[]> {
  const { items } = await listConnections(ask.spider, whole);
  return items.map(one => shown(ask, one));
}

async function remove(ask: Ask) {
  const name = ask.name('ConfigName');
  await deleteConnection(ask.spider, name);
  await ask.spider.mirror.commit({ delete: [notes + name] });
  return done;
}

export const connectionRoutes: readonly SpiderRoute[] = [
  {
    method: 'POST',
    path: '/connectionconfig',
    since: '2020',
    role: 'admin',
    summary: 'Make a connection',
    differs:
      'its driver, credential and region must be there, and fit; made again with others it is changed, unless it holds resources',
    answer: create,
  },
  {
    method: 'GET',
    path: '/connectionconfig',
    since: '2020',
    summary: 'List connections',
    answer: async ask => ({ connectionconfig: ofProvider(ask, await all(ask)) }),
  },
  {
    method: 'GET',
    path: '/connectionconfig/:ConfigName',
    since: '2020',
    summary: 'Get a connection',
    answer: async ask => shown(ask, await getConnection(ask.spider, ask.name('ConfigName'))),
  },
  {
    method: 'DELETE',
    path: '/connectionconfig/:ConfigName',
    since: '2020',
    role: 'admin',
    summary: 'Delete a connection',
    differs: 'refused while it holds resources: their records would be lost, and they would go on costing',
    answer: remove,
  },
  {
    method: 'GET',
    path: '/countconnectionconfig',
    since: 'newest',
    summary: 'Count connections',
    answer: async ask => ({ count: (await all(ask)).length }),
  },
  {
    method: 'GET',
    path: '/countconnectionconfig/:ProviderName',
    since: 'newest',
    summary: 'Count a provider’s connections',
    async answer(ask) {
      const wanted = ask.param('ProviderName').toUpperCase();
      return { count: (await all(ask)).filter(one => one.ProviderName === wanted).length };
    },
  },
];
