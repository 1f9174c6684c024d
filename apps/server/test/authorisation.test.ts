/** Who may call what: a case for every operation of the list and every role, made from the list, so that none can be forgotten. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import { roles, type Role } from '@cloud-barista/api/define';
import { operationNames } from '@cloud-barista/api/operations';
import { createClient } from '@cloud-barista/api/client';
import { openServer } from '../src/server.ts';
import { definitionOf, directory, errorOf, refused, send } from './stage.ts';

const dataDir = await directory({ after });
const server = await openServer({ port: 0, store: 'memory:', dataDir, authenticate: true });
after(() => server.close());
const first = createClient({
  url: server.url,
  token: (await readFile(server.adminTokenFile ?? '', 'utf8')).trim(),
});
const tokens = {} as Record<Role, string>;
for (const role of roles)
  tokens[role] = (await first.call('token.create', { body: { name: role, role } })).token ?? '';

/** With places that name nothing: who gets past the door is answered 404 or 400, and changes nothing. */
const knock = (name: (typeof operationNames)[number], authorization?: string) => {
  const { method, path } = definitionOf(name);
  // Of an operation that needs nothing else: a query that is refused behind the door, so that no stream is opened.
  const address = `${path.replaceAll(/\{\w+\}/g, '-')}?nonsense=1`;
  return send(server.url, address, {
    method,
    headers: authorization === undefined ? {} : { authorization },
  });
};

for (const name of operationNames) {
  const needed = definitionOf(name).role;
  test(`${name} is for the role ${needed}`, async () => {
    const without = await knock(name);
    assert.match(refused(without, 401, 'unauthenticated').next ?? '', /token/);
    assert.equal(without.headers['www-authenticate'], 'Bearer');
    for (const wrong of ['Bearer cb_wrong', 'Bearer ', `Basic ${tokens.admin}`, tokens.admin])
      refused(await knock(name, wrong), 401, 'unauthenticated');
    for (const role of roles) {
      const answer = await knock(name, `Bearer ${tokens[role]}`);
      if (roles.indexOf(role) < roles.indexOf(needed))
        assert.match(refused(answer, 403, 'permission_denied').message, new RegExp(needed));
      else assert.equal(errorOf(answer).code, 'invalid_argument', answer.text);
    }
  });
}

test('the scheme is read in any case', async () => {
  const answer = await send(server.url, '/v1/health', {
    headers: { authorization: `bEARER ${tokens.reader}` },
  });
  assert.equal(answer.status, 200);
});

test('a token that was revoked opens nothing more', async () => {
  const admin = createClient({ url: server.url, token: tokens.admin });
  const { token } = await admin.call('token.create', { body: { name: 'short', role: 'reader' } });
  const reader = createClient({ url: server.url, token });
  assert.equal((await reader.call('health.get', {})).status, 'ok');
  await admin.call('token.delete', { token: 'short' });
  await assert.rejects(reader.call('health.get', {}), { code: 'unauthenticated' });
});

test('a token is shown once: neither list nor error holds it again', async () => {
  const text = (
    await send(server.url, '/v1/tokens', { headers: { authorization: `Bearer ${tokens.admin}` } })
  ).text;
  assert.ok(text.includes('first-admin'));
  for (const token of Object.values(tokens)) assert.ok(!text.includes(token.slice(3)));
});

test('who may not read a credential may not say where it is sent', () => {
  for (const name of ['region.create', 'region.delete', 'connection.create', 'connection.delete'] as const)
    assert.equal(definitionOf(name).role, 'admin', name);
});
