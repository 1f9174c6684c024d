/** The form of a public key that is let in, and the shell line that lets it in, run by this machine's own shell. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeSshKeyPair } from '@cloud-barista/spider/ssh-keys';
import { checkPublicKey, letIn } from '../src/access.ts';

const [{ publicKey, privateKey }, { publicKey: another }] = await Promise.all([
  makeSshKeyPair('me@home'),
  makeSshKeyPair('you@home'),
]);
const [type = '', blob = ''] = publicKey.split(' ');

describe('public key', () => {
  it('is taken with and without a comment, with white space around', () => {
    assert.equal(checkPublicKey(publicKey), publicKey);
    assert.equal(checkPublicKey(`\n ${type} ${blob} \n`), `${type} ${blob}`);
  });
  for (const [what, text] of Object.entries({
    nothing: '',
    'a word': 'hello',
    'options in front': `command="rm -rf /" ${publicKey}`,
    'no-pty in front': `no-pty ${publicKey}`,
    'a second line': `${publicKey}\n${another}`,
    'a second line after a carriage return': `${publicKey}\r${another}`,
    'a NUL': `${type} ${blob} a\0b`,
    'a control character': `${type} ${blob} a\u001b[2Jb`,
    'another type in front': `ssh-rsa ${blob} x`,
    'a type that is not there': `ssh-dss ${blob} x`,
    'a blob cut off': `${type} ${blob.slice(0, 12)}`,
    'shell in the blob': `${type} $(reboot)`,
    'shell in the type': `;reboot; ${blob}`,
    'tabs between': `${type}\t${blob}`,
  }))
    it(`is refused: ${what}`, () => {
      assert.throws(() => checkPublicKey(text), { code: 'invalid_argument', where: 'publicKey' });
    });
  it('a private key is refused by name, and not repeated', () => {
    assert.throws(
      () => checkPublicKey(privateKey),
      (error: Error) => /private key/.test(error.message) && !error.message.includes('openssh-key'),
    );
  });
  it('a comment is data', () => {
    const key = `${type} ${blob} $(reboot); \`x\` "y"`;
    assert.equal(checkPublicKey(key), key);
  });
});

describe('letting in', () => {
  const at = (before?: string) => {
    const home = mkdtempSync(join(tmpdir(), 'barista-access-'));
    if (before !== undefined) {
      mkdirSync(join(home, '.ssh'));
      writeFileSync(join(home, '.ssh/authorized_keys'), before);
    }
    const file = join(home, '.ssh/authorized_keys');
    return {
      file,
      add: (key: string) =>
        execFileSync('/bin/sh', ['-c', letIn], { input: `${key}\n`, env: { ...process.env, HOME: home } }),
      text: () => readFileSync(file, 'utf8'),
      end: () => rmSync(home, { recursive: true }),
    };
  };
  it('makes the file for its owner alone, adds each key once', () => {
    const home = at();
    home.add(publicKey);
    home.add(another);
    home.add(publicKey);
    assert.equal(home.text(), `${publicKey}\n${another}\n`);
    assert.equal(statSync(home.file).mode & 0o777, 0o600);
    home.end();
  });
  it('does not run into a last line that has no end', () => {
    const home = at(another);
    home.add(publicKey);
    assert.equal(home.text(), `${another}\n${publicKey}\n`);
    home.end();
  });
  it('takes a key for text, whatever it looks like', () => {
    const home = at();
    const odd = `${type} ${blob} $(touch /tmp/oops) \\n %s 'x' "y" \`z\``;
    home.add(odd);
    home.add(odd);
    assert.equal(home.text(), `${odd}\n`);
    home.end();
  });
});
