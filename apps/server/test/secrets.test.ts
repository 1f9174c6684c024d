/** What goes in and must never come out: a credential's values and private keys – in no answer, no log, no history, no file. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationNames } from '@cloud-barista/api/operations';
import { openServer } from '../src/server.ts';
import { definitionOf, directory, group, stageOf } from './stage.ts';

const secret = 'hunter2-7f3a9c51d0e84b26';

async function* files(dir: string): AsyncGenerator<string> {
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) yield join(entry.parentPath, entry.name);
}
/** As it is, and in the forms in which it would slip through unseen. */
const forms = [
  secret,
  Buffer.from(secret).toString('base64').slice(0, -2),
  Buffer.from(secret).toString('hex'),
  encodeURIComponent(secret),
];
const clean = (text: string, where: string) => {
  for (const form of forms)
    assert.ok(
      !text.includes(form),
      `${where}: ${text.slice(Math.max(0, text.indexOf(form) - 80), text.indexOf(form) + 40)}`,
    );
};

test('a credential’s value leaves by no way', async t => {
  const dataDir = await directory(t);
  const log: string[] = [];
  const server = await openServer({
    port: 0,
    dataDir,
    log: (level, message, fields) => log.push(JSON.stringify([level, message, fields])),
  });
  const stage = stageOf(server);
  const changes = fetch(`${server.url}/v1/watch?kind=connection&from=1`)
    .then(response => response.text())
    .catch(() => '');

  // Good, wrong and broken ways to send it.
  const post = (path: string, body: unknown) => stage.send(path, { method: 'POST', body });
  const credential = (name: string, values: unknown) => ({ name, driver: 'memory', values });
  const answers = [
    await post('/v1/credentials', credential('c', { mockName: secret })),
    await post('/v1/credentials', credential('c', { mockName: secret })),
    await post('/v1/credentials', credential('d', { mockNam: secret })),
    await post('/v1/credentials', credential('d', { mockName: [secret] })),
    await post('/v1/credentials', credential('d', { mockName: { a: secret } })),
    await post('/v1/credentials', credential('d', [secret])),
    await post('/v1/credentials', credential('d', { mockName: `${secret}${'x'.repeat(17_000)}` })),
    await post('/v1/credentials', credential('d', { 'bad key!': secret })),
    await post('/v1/credentials', { ...credential('D', { mockName: secret }) }),
    await post('/v1/credentials', `{"name":"d","driver":"memory","values":{"mockName":"${secret}"`),
    await post('/v1/credentials', `{"name":"d","values":${secret}}`),
    await post('/v1/credentials', credential('e', { accessKeyId: secret, secretAccessKey: secret })),
    await post('/v1/credentials', {
      ...credential('e', { accessKeyId: 'AKIA', secretAccessKey: secret }),
      driver: 'aws',
    }),
    await post('/v1/regions', { name: 'c', driver: 'memory', values: {} }),
    await post('/v1/regions', {
      name: 'e',
      driver: 'aws',
      values: { region: 'eu-west-1', endpoint: 'http://127.0.0.1:1' },
    }),
    await post('/v1/connections', { name: 'c', driver: 'memory', credential: 'c', region: 'c' }),
    await post('/v1/connections', { name: 'e', driver: 'aws', credential: 'e', region: 'e' }),
    await post('/v1/connections/c/check', {}),
    // Nobody answers there: the error of the vendor's SDK, with all that it knows.
    await post('/v1/connections/e/check', {}),
  ];
  assert.deepEqual(answers.map(({ status }) => status).filter(status => status < 300).length, 7);

  // Everything that can be read, of everything that there is now.
  const made = await stage.call('key-pair.create', { connection: 'c', body: { name: 'k' } });
  const { privateKey } = made.body as { privateKey: string };
  answers.push(
    await stage.call('mcis.create', { namespace: 'default', body: { name: 'i', groups: [group('c')] } }),
  );
  const places: Record<string, string> = {
    connection: 'c',
    credential: 'c',
    region: 'c',
    driver: 'memory',
    namespace: 'default',
    mcis: 'i',
    vm: 'web-1',
    keyPair: 'k',
    image: 'mock-vmimage-01',
    spec: 'mock-vmspec-01',
    vpc: 'none',
    securityGroup: 'none',
    operation: 'op_00000000',
  };
  for (const name of operationNames) {
    const { method, path, answer } = definitionOf(name);
    if (method !== 'GET' || answer === 'stream') continue;
    answers.push(
      await stage.send(path.replaceAll(/\{(\w+)\}/g, (_, place: string) => places[place] ?? 'none')),
    );
  }
  for (const operation of (await stage.client.call('operation.list', {})).items)
    answers.push(await stage.send(`/v1/operations/${operation.id}`));
  const privateLine = privateKey.split('\n')[2] ?? '';
  assert.ok(privateLine.length > 20);
  for (const { text } of answers) {
    clean(text, 'an answer');
    assert.ok(!text.includes(privateLine));
  }

  await server.close();
  clean(await changes, 'the stream of changes');
  clean(log.join('\n'), 'the log');
  assert.ok(log.length > 0);
  let seen = 0;
  for await (const file of files(dataDir)) {
    seen++;
    const text = await readFile(file, 'latin1');
    clean(text, file);
    assert.ok(!text.includes(privateLine) && !text.includes('OPENSSH PRIVATE KEY'), file);
  }
  assert.ok(seen >= 3);
});
