/** `tag`, `register`, `unregister`, `orphans`: what stands in a cloud, whoever made it. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { BaristaError } from '@cloud-barista/model/errors';
import { integratedKinds, type IntegratedKind, type OrphanDeletion } from '@cloud-barista/model/inventory';
import { suggest } from '@cloud-barista/model/nearest';
import { taggedKinds, type TaggedKind } from '@cloud-barista/model/tag';
import { contextOf, withServer, type Context, type Flags } from '../context.ts';
import { nouns } from '../nouns.ts';
import { column, print } from '../output.ts';
import { vmNameOf } from '../vm-name.ts';

interface InCloud extends Flags {
  connection: string;
}
const inCloud = (command: Command): Command =>
  withServer(command).requiredOption('-c, --connection <name>', 'of this connection');

/** Any word that the noun goes by: vm, vms, cloud-vm, sg … */
function kindOf<Kind extends string>(word: string, kinds: readonly Kind[]): Kind {
  const plain = kinds.find(kind => kind === word);
  if (plain !== undefined) return plain;
  const noun = nouns.find(each => each.names.includes(word.toLowerCase()));
  const found = kinds.find(kind => noun?.names.includes(kind) === true);
  if (found !== undefined) return found;
  throw new BaristaError('invalid_argument', `${JSON.stringify(word)} is none of the kinds here.`, {
    where: 'kind',
    next: suggest(word, kinds, `Known are ${kinds.join(', ')}.`),
  });
}

/** `owner=me` sets, `owner-` removes. */
function readTags(words: readonly string[]): { set: Record<string, string>; remove: string[] } {
  const set: Record<string, string> = {};
  const remove: string[] = [];
  for (const word of words) {
    const at = word.indexOf('=');
    if (at > 0) set[word.slice(0, at)] = word.slice(at + 1);
    else if (at < 0 && word.length > 1 && word.endsWith('-')) remove.push(word.slice(0, -1));
    else
      throw new BaristaError('invalid_argument', `${JSON.stringify(word)} is no tag.`, {
        next: 'Write key=value to set a tag, key- to remove it.',
      });
  }
  return { set, remove };
}

const orphanColumns = [
  column<OrphanDeletion>('KIND', d => d.item.kind),
  column<OrphanDeletion>('CLOUD NAME', d => d.item.cloudName),
  column<OrphanDeletion>('CLOUD ID', d => d.item.id),
  column<OrphanDeletion>('OUTCOME', d => d.outcome),
  column<OrphanDeletion>('PROBLEM', d => d.problem),
];

/** What other installations made in the account is not ours to delete unasked; that it is there is worth knowing. */
async function tellOthers({ client, signal }: Context, connection: string): Promise<void> {
  const seen = new Set<string>();
  for await (const item of client.pages('inventory.list', { connection, limit: 1000 }, { signal }))
    if (item.where === 'cloud' && item.installation !== '') seen.add(item.installation);
  for (const installation of seen) {
    // Our own letters stand there too, of what another connection knows or was let go: none of these is an orphan.
    const body = { dryRun: true, installation };
    const { items } = await client.call('inventory.delete-orphans', { connection, body }, { signal });
    if (items.length === 0) continue;
    process.stderr.write(
      `${items.length} were made by the installation ${installation}. If its records are lost: barista orphans --connection ${connection} --installation ${installation}\n`,
    );
  }
}

export function addInventory(program: Command): void {
  inCloud(program.command('tag'))
    .summary('show, set or remove the tags of a resource')
    .argument('<kind>', taggedKinds.join(', '))
    .argument('<name>', 'of a VM also MCIS/VM')
    .argument('[tags...]', 'key=value sets, key- removes; without any they are shown')
    .action(async (word: string, said: string, words: string[], flags: InCloud) => {
      const context = await contextOf(flags);
      const { client, signal, format } = context;
      const { connection } = flags;
      const kind: TaggedKind = kindOf(word, taggedKinds);
      const name = kind === 'vm' ? await vmNameOf(context, connection, said) : said;
      const { set, remove } = readTags(words);
      if (Object.keys(set).length > 0)
        await client.call('tag.set', { connection, body: { kind, name, tags: set } }, { signal });
      if (remove.length > 0)
        await client.call('tag.remove', { connection, body: { kind, name, keys: remove } }, { signal });
      const { tags } = await client.call('tag.get', { connection, kind, name }, { signal });
      if (format === 'json' || format === 'yaml') return print(format, tags, []);
      print(format, Object.entries(tags), [
        column<[string, string]>('TAG', ([key]) => key),
        column<[string, string]>('VALUE', ([, value]) => value),
      ]);
    });

  inCloud(program.command('register'))
    .summary('take what stands in a cloud under a name of ours')
    .argument('<kind>', integratedKinds.join(', '))
    .argument('<name>', 'ours')
    .argument('<id>', "the cloud's; barista get inventory lists them")
    .option('--user <user>', 'of a VM: who SSH logs in as')
    .option(
      '--private-key <file>',
      'of a key pair: its private half, stored sealed, so that commands can be run',
    )
    .action(
      async (
        word: string,
        name: string,
        id: string,
        flags: InCloud & { user?: string; privateKey?: string },
      ) => {
        const { client, signal, format } = await contextOf(flags);
        const kind: IntegratedKind = kindOf(word, integratedKinds);
        const { connection, user } = flags;
        const privateKey =
          flags.privateKey === undefined ? undefined : await readFile(flags.privateKey, 'utf8');
        const item = await client.call(
          'inventory.register',
          {
            connection,
            body: {
              kind,
              name,
              id,
              ...(user !== undefined && { user }),
              ...(privateKey !== undefined && { privateKey }),
            },
          },
          { signal },
        );
        if (format === 'json' || format === 'yaml') return print(format, item, []);
        const ids = [...new Set([item.cloudName, item.id])].filter(text => text !== '').join(' ');
        process.stdout.write(`${kind} ${name} registered: ${ids}\n`);
      },
    );

  inCloud(program.command('unregister'))
    .summary('forget a resource; the cloud keeps it')
    .argument('<kind>', integratedKinds.join(', '))
    .argument('<name>')
    .action(async (word: string, name: string, flags: InCloud) => {
      const { client, signal } = await contextOf(flags);
      const kind: IntegratedKind = kindOf(word, integratedKinds);
      const { connection } = flags;
      await client.call('inventory.unregister', { connection, body: { kind, name } }, { signal });
      process.stdout.write(`${kind} ${name} unregistered; the cloud keeps it\n`);
    });

  inCloud(program.command('orphans'))
    .summary('find, and with --delete remove, what we made in a cloud and no record knows')
    .option('--kind <kind>', `only of this kind: ${integratedKinds.join(', ')}`)
    .option(
      '--installation <letters>',
      'made by another installation, whose records are lost (see get inventory)',
    )
    .option('--delete', 'delete them; without it nothing is changed')
    .action(async (flags: InCloud & { kind?: string; installation?: string; delete?: true }) => {
      const { client, signal, format } = await contextOf(flags);
      const { connection } = flags;
      const { items } = await client.call(
        'inventory.delete-orphans',
        {
          connection,
          body: {
            dryRun: flags.delete !== true,
            ...(flags.kind !== undefined && { kind: kindOf(flags.kind, integratedKinds) }),
            ...(flags.installation !== undefined && { installation: flags.installation }),
          },
        },
        { signal },
      );
      print(format, items, orphanColumns);
      if (items.length === 0 && format === 'table') await tellOthers(await contextOf(flags), connection);
      if (items.some(item => item.outcome === 'failed')) process.exitCode = 1;
      else if (items.length > 0 && flags.delete !== true && (format === 'table' || format === 'wide'))
        process.stderr.write('Nothing was deleted. Repeat it with --delete to delete them.\n');
    });
}
