/** Credentials: stored sealed, never given back. */
import type { Credential, CredentialInput } from '@cloud-barista/model/connection';
import { BaristaError } from '@cloud-barista/model/errors';
import { requireName } from '@cloud-barista/model/names';
import type { Page } from '@cloud-barista/model/schema';
import { deletePart, noSuch } from './connections.ts';
import type { Spider } from './context.ts';
import { commitWithDriver } from './drivers.ts';
import { putPart } from './put-part.ts';
import { checkKeys } from './key-values.ts';
import { credentialKey, credentials } from './keys.ts';
import { paged, type PageOptions } from './paged.ts';

export interface StoredCredential extends Credential {
  sealed: string;
}
const shown = ({ name, driver, keys, created }: StoredCredential): Credential => ({
  name,
  driver,
  keys,
  created,
});

/** Checked and sealed. */
async function made(spider: Spider, input: CredentialInput): Promise<StoredCredential> {
  requireName(input.name, 'Credential name');
  const driver = await spider.drivers.get(input.driver);
  checkKeys(input.values, driver.credentialKeys, `A credential of the driver ${driver.name}`);
  return {
    name: input.name,
    driver: input.driver,
    keys: Object.keys(input.values).sort(),
    created: new Date(spider.now()).toISOString(),
    sealed: spider.seals.seal(JSON.stringify(input.values), credentialKey(input.name)),
  };
}

export async function createCredential(spider: Spider, input: CredentialInput): Promise<Credential> {
  const credential = await made(spider, input);
  const key = credentialKey(input.name);
  if (!(await commitWithDriver(spider, input.driver, key, credential)))
    throw new BaristaError('already_exists', `The credential ${JSON.stringify(input.name)} already exists.`, {
      next: 'Choose another name, or delete the old one first.',
      where: 'name',
    });
  return shown(credential);
}

/** Makes it, or gives the one of that name these values; its connections are opened anew. */
export async function putCredential(spider: Spider, input: CredentialInput): Promise<Credential> {
  const credential = await made(spider, input);
  await putPart(spider, 'credential', credential);
  return shown(credential);
}

export async function listCredentials(spider: Spider, options: PageOptions = {}): Promise<Page<Credential>> {
  const page = paged(spider.mirror.values<StoredCredential>(credentials), held => held.value.name, options);
  return { ...page, items: page.items.map(held => shown(held.value)) };
}

export async function getCredential(spider: Spider, name: string): Promise<Credential> {
  const held = await spider.mirror.find<StoredCredential>(credentialKey(name));
  if (!held) throw noSuch(spider, 'credential', credentials, name);
  return shown(held.value);
}

export const deleteCredential = (spider: Spider, name: string): Promise<void> =>
  deletePart(spider, 'credential', name);
