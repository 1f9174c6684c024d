/**
 * `ssh`: a shell on a VM by the user's own OpenSSH client. A key pair is made for this one session; the server lets its
 * public half in and says the VM's pinned host key, so that neither side trusts blindly and no private key travels.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { BaristaError } from '@cloud-barista/model/errors';
import { contextOf, withServer, type Flags } from '../context.ts';

function run(program: string, args: readonly string[], quiet: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: quiet ? 'ignore' : 'inherit' });
    child.once('error', error =>
      reject(
        new BaristaError('failed_precondition', `${program} can't be run: ${error.message}.`, {
          next: 'Install the OpenSSH client.',
          source: error,
        }),
      ),
    );
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}

export function addSsh(program: Command): void {
  withServer(program.command('ssh'))
    .summary('open a shell on a VM')
    .argument('<mcis>')
    .argument('<vm>')
    .argument('[command...]', 'run this instead of a shell')
    .action(async (mcis: string, vm: string, words: string[], flags: Flags) => {
      const { client, settings, signal } = await contextOf(flags);
      const dir = await mkdtemp(join(tmpdir(), 'barista-ssh-'));
      try {
        const key = join(dir, 'key');
        await run(
          'ssh-keygen',
          ['-q', '-t', 'ed25519', '-N', '', '-C', `barista-${mcis}-${vm}`, '-f', key],
          true,
        );
        const publicKey = (await readFile(`${key}.pub`, 'utf8')).trim();
        const { user, host, port, hostKey } = await client.call(
          'mcis-vm.access',
          { namespace: settings.namespace, mcis, vm, body: { publicKey } },
          { signal },
        );
        const hosts = join(dir, 'known_hosts');
        await writeFile(hosts, `${port === 22 ? host : `[${host}]:${port}`} ${hostKey}\n`);
        const pinned = [
          '-o',
          `UserKnownHostsFile=${hosts}`,
          '-o',
          'StrictHostKeyChecking=yes',
          '-o',
          'IdentitiesOnly=yes',
          '-o',
          'LogLevel=ERROR',
        ];
        process.exitCode = await run(
          'ssh',
          ['-F', 'none', '-i', key, '-p', String(port), ...pinned, `${user}@${host}`, ...words],
          false,
        );
      } finally {
        await rm(dir, { recursive: true, force: true });
      }
    });
}
