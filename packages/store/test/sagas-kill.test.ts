/** The saga engine on SQLite in a process of its own, killed with SIGKILL at random moments: its successor finishes or undoes. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

/** Runs the child, killed `afterMs` after it said that it is open; returns what it said. */
async function live(
  directory: string,
  name: string,
  fails: boolean,
  afterMs: number | undefined,
): Promise<string[]> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'sagas-child.ts'), directory, name, fails ? 'fails' : ''],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  const closed = once(child, 'close');
  child.stdout.on('data', (part: Buffer) => {
    if (text === '' && afterMs !== undefined) void sleep(afterMs).then(() => child.kill('SIGKILL'));
    text += String(part);
  });
  await closed;
  return text.split('\n').filter(line => line !== '' && line !== 'open');
}

describe('sagas under kill -9', () => {
  it('finish or undo what was begun, whenever they are killed', { timeout: 60_000 }, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'barista-sagas-'));
    try {
      for (let round = 0; round < 10; round++)
        await live(directory, `r${round}`, round % 2 === 1, Math.random() * 60);
      const lines = await live(directory, 'last', false, undefined);
      const made = await readdir(join(directory, 'outside'));
      const wanted: string[] = [];
      for (const line of lines) {
        const [name = '', state] = line.split(' ');
        const fails = /^r\d*[13579]$/.test(name);
        assert.equal(state, fails ? 'undone' : 'succeeded', line);
        if (fails) continue;
        wanted.push(`${name}-net`);
        for (let index = 0; index < 20; index++)
          wanted.push(`${name}-net-ip-${index}`, `${name}-net-ip-${index}-vm`);
      }
      assert.ok(lines.includes('last succeeded'));
      assert.deepEqual(made.toSorted(), wanted.toSorted());
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
