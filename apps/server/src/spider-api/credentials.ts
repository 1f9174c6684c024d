/** Credentials: values go in by upstream's key names or ours, and never come out. */
import {
  deleteCredential,
  getCredential,
  listCredentials,
  putCredential,
} from '@cloud-barista/spider/credentials';
import type { Credential } from '@cloud-barista/model/connection';
import { ofProvider } from './drivers.ts';
import { taken, theirs } from './names.ts';
import { driverFor, readKeyValues, toOurs, toTheirs, type KeyValue } from './providers.ts';
import { needed } from './request.ts';
import { done, type Ask, type SpiderRoute } from './route.ts';
import { orNull } from './views.ts';

export const whole = { limit: Number.MAX_SAFE_INTEGER };
const hidden = 'Hidden for security.';

interface CredentialInfo {
  CredentialName: string;
  ProviderName: string;
  KeyValueInfoList: readonly KeyValue[] | null;
}

async function shown(ask: Ask, credential: Credential): Promise<CredentialInfo> {
  const driver = await ask.spider.drivers.get(credential.driver);
  return {
    CredentialName: theirs(ask.spider, credential.name),
    ProviderName: driver.provider,
    KeyValueInfoList: orNull(
      credential.keys.map(key => ({ Key: toTheirs(driver, 'credential', key), Value: hidden })),
    ),
  };
}

async function register(ask: Ask): Promise<CredentialInfo> {
  const { body, spider } = ask;
  const name = needed(body.text('CredentialName'), 'CredentialName');
  const driver = await driverFor(spider, needed(body.text('ProviderName'), 'ProviderName'));
  const list = readKeyValues(body);
  const values = toOurs(driver, 'credential', list);
  await putCredential(spider, { name: await taken(spider, name), driver: driver.name, values });
  return {
    CredentialName: name,
    ProviderName: driver.provider,
    KeyValueInfoList: orNull(list.map(({ Key }) => ({ Key, Value: hidden }))),
  };
}

export const credentialRoutes: readonly SpiderRoute[] = [
  {
    method: 'POST',
    path: '/credential',
    since: '2020',
    role: 'admin',
    summary: 'Register a credential',
    differs:
      'what the driver needs must be there, and what it does not know is refused; an answer never shows a value, nor its ciphertext',
    answer: register,
  },
  {
    method: 'GET',
    path: '/credential',
    since: '2020',
    summary: 'List credentials',
    differs: 'values are "Hidden for security.", as upstream’s newest has it',
    async answer(ask) {
      const { items } = await listCredentials(ask.spider, whole);
      return { credential: ofProvider(ask, await Promise.all(items.map(one => shown(ask, one)))) };
    },
  },
  {
    method: 'GET',
    path: '/credential/:CredentialName',
    since: '2020',
    summary: 'Get a credential',
    differs: 'values are "Hidden for security."; keys are shown by upstream’s words, whichever were given',
    answer: async ask => shown(ask, await getCredential(ask.spider, ask.name('CredentialName'))),
  },
  {
    method: 'DELETE',
    path: '/credential/:CredentialName',
    since: '2020',
    role: 'admin',
    summary: 'Unregister a credential',
    differs: 'refused while a connection uses it',
    async answer(ask) {
      await deleteCredential(ask.spider, ask.name('CredentialName'));
      return done;
    },
  },
];
