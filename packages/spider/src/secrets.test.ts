/** Sealed secrets: what was changed or moved does not open; the key file is ours alone. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { assert as hold, property, string } from 'fast-check';
import { redactor } from './redact.ts';
import { loadMasterKey, openSeals } from './secrets.ts';

const seals = openSeals(randomBytes(32));

test('opens what it sealed, each time sealed otherwise', () => {
  hold(
    property(string({ unit: 'grapheme' }), string(), (text, place) => {
      const sealed = seals.seal(text, place);
      assert.equal(seals.open(sealed, place), text);
      assert.notEqual(seals.seal(text, place), sealed);
    }),
  );
});

test('one character changed: data_loss', () => {
  const sealed = seals.seal('the secret', '/spider/credentials/a');
  const body = sealed.lastIndexOf('.') + 1;
  for (let at = body; at < sealed.length - 1; at++) {
    const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
    assert.throws(() => seals.open(changed, '/spider/credentials/a'), { code: 'data_loss' });
  }
  for (const bad of ['', 'v1', 'v1.x.y.z', sealed.slice(0, -20), sealed.replace('v1', 'v2')])
    assert.throws(() => seals.open(bad, '/spider/credentials/a'), { code: 'data_loss' });
});

test('moved to another record: data_loss; under another master key: failed_precondition', () => {
  const sealed = seals.seal('the secret', '/spider/credentials/a');
  assert.throws(() => seals.open(sealed, '/spider/credentials/b'), { code: 'data_loss' });
  assert.throws(() => openSeals(randomBytes(32)).open(sealed, '/spider/credentials/a'), {
    code: 'failed_precondition',
  });
});

test('the key file is made once, mode 0600, and refused when others may read it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'barista-key-'));
  try {
    const file = join(dir, 'key');
    const keys = await Promise.all(Array.from({ length: 8 }, () => loadMasterKey({ file, env: {} })));
    assert.equal(new Set(keys.map(key => key.toString('hex'))).size, 1);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    await chmod(file, 0o640);
    await assert.rejects(loadMasterKey({ file, env: {} }), { code: 'failed_precondition' });
    const given = randomBytes(32);
    assert.deepEqual(await loadMasterKey({ file, env: { BARISTA_KEY: given.toString('base64') } }), given);
    await assert.rejects(loadMasterKey({ file, env: { BARISTA_KEY: 'short' } }), {
      code: 'invalid_argument',
    });
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('redaction leaves no value, in whatever form, and short words alone', () => {
  const redact = redactor(['p@ss word/1', 'abcdef', 'abcdefgh', 'no']);
  assert.equal(redact('x abcdefgh y abcdef z no'), 'x *** y *** z no');
  assert.ok(
    !redact(
      `q=${encodeURIComponent('p@ss word/1')} ${Buffer.from('p@ss word/1').toString('base64')}`,
    ).includes('p%40'),
  );
});
