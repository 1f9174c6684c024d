/** A name with several addresses is served at each of them, on one port; what is no address of this machine is left out. */
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import Fastify from 'fastify';
import { listen } from './listen.ts';

const addresses = ['127.0.0.1', '127.0.0.2', '192.0.2.1'].map(address => ({ address }));

const skip = process.platform === 'linux' ? false : 'only Linux has all of 127.0.0.0/8';

for (const [host, count] of [
  ['localhost', 2],
  ['127.0.0.1', 1],
] as const)
  test(`${host} is served at ${count}`, { skip }, async () => {
    const app = Fastify({ forceCloseConnections: true });
    app.get('/', async () => 'here');
    const seen: unknown[] = [];
    const further = await listen(app, {
      host,
      port: 0,
      onServer: server => seen.push(server),
      addressesOf: async () => addresses,
    });
    const { port } = app.server.address() as AddressInfo;
    const answers = await Promise.all(
      ['127.0.0.1', '127.0.0.2'].map(address =>
        fetch(`http://${address}:${port}/`).then(
          response => response.text(),
          () => 'nobody',
        ),
      ),
    );
    assert.deepEqual(answers, count === 2 ? ['here', 'here'] : ['here', 'nobody']);
    assert.equal(seen.length, count === 2 ? 2 : 0);
    await further.close();
    await app.close();
    await assert.rejects(fetch(`http://127.0.0.2:${port}/`));
  });
