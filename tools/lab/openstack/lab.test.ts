/** What of the lab can be tried without making one: its refusals, its dry run, and that its scripts are scripts. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { here } from './settings.ts';

const root = process.getuid?.() === 0;

describe('lab openstack', { skip: process.platform !== 'linux' }, () => {
  let dir: string;
  before(() => (dir = mkdtempSync(join(tmpdir(), 'lab-'))));
  after(() => rmSync(dir, { recursive: true, force: true }));

  /** As an ordinary user, whoever runs the tests: nothing can be made. */
  function lab(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(here, 'main.ts'), ...args], {
      encoding: 'utf8',
      env: { ...process.env, HOME: dir, NODE_COMPILE_CACHE: '' },
      ...(root && { uid: 65_534, gid: 65_534 }),
    });
    return { status, stdout, stderr };
  }
  const elsewhere = () => join(dir, 'lab');

  it('says what it would do, and does nothing', () => {
    const { status, stdout } = lab('--dir', elsewhere(), '--dry-run');
    assert.equal(status, 0);
    for (const word of ['mmdebstrap', 'nova-compute', 'barista-os', '172.24.4.0/24', 'which you are not'])
      assert.ok(stdout.includes(word), `${word} in:\n${stdout}`);
    assert.ok(!existsSync(elsewhere()));
  });

  it('makes nothing where it may not or can not, and says what to do', () => {
    for (const verb of ['all', 'image', 'up']) {
      const { status, stderr } = lab(verb, '--dir', elsewhere());
      assert.equal(status, 1);
      // Not root, not Debian, or a package is missing: whichever it is here.
      assert.match(stderr, /^error: .+\n {2}next: .+\n$/);
      assert.ok(!existsSync(elsewhere()));
    }
  });

  it('has nothing to test where nothing runs, and nothing to end', () => {
    const test = lab('test', '--dir', elsewhere());
    assert.equal(test.status, 1);
    assert.match(test.stderr, /No OpenStack runs here/);
    assert.equal(lab('down', '--dir', elsewhere()).status, 0);
    const status = lab('status', '--dir', elsewhere(), '--json');
    assert.equal(status.status, 3);
    const told = JSON.parse(status.stdout) as Record<string, unknown>;
    assert.deepEqual([told['image'], told['running'], told['left']], [false, false, []]);
  });

  it('names what it does not know', () => {
    assert.match(lab('dance').stderr, /dance is no verb/);
    assert.match(lab('up', '--hypervisor', 'xen').stderr, /no hypervisor|root|missing|Debian/);
  });

  it('consists of scripts that parse', () => {
    const scripts = globSync('**/*.sh', { cwd: here });
    assert.ok(scripts.length > 8);
    for (const script of scripts) {
      const { status, stderr } = spawnSync('bash', ['-n', join(here, script)], { encoding: 'utf8' });
      assert.equal(status, 0, `${script}: ${stderr}`);
    }
  });
});
