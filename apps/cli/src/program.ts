/** The command `barista`: one file a verb. */
import { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { addActs } from './verbs/act.ts';
import { addApi } from './verbs/api.ts';
import { addApply } from './verbs/apply.ts';
import { addCmd } from './verbs/cmd.ts';
import { addCompletion } from './verbs/completion.ts';
import { addConfig } from './verbs/config.ts';
import { addCreate } from './verbs/create.ts';
import { addDelete } from './verbs/delete.ts';
import { addDemo } from './verbs/demo.ts';
import { addGet } from './verbs/get.ts';
import { addCalls, addOperations } from './verbs/operations.ts';
import { addSsh } from './verbs/ssh.ts';
import { addTwin } from './verbs/twin.ts';
import { addUp } from './verbs/up.ts';

export function createProgram(): Command {
  const program = new Command('barista')
    .description("Cloud-Barista: the world's clouds, usable as one.")
    .version(manifest.version)
    .showSuggestionAfterError()
    .showHelpAfterError('(barista --help shows how)')
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
    .addHelpText(
      'after',
      '\nStart with:  barista demo\nExit codes: 0 done · 1 it failed · 2 the call was wrong · 3 no server answers · 4 not there · 130 interrupted\n',
    );
  for (const add of [
    addDemo,
    addUp,
    addTwin,
    addApply,
    addGet,
    addDelete,
    addCmd,
    addSsh,
    addActs,
    addCreate,
    addOperations,
    addCalls,
    addConfig,
    addApi,
    addCompletion,
  ])
    add(program);
  return program;
}
