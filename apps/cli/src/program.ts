/** The command `barista`: one file a verb. */
import { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { addActs } from './verbs/act.ts';
import { addApi } from './verbs/api.ts';
import { addApply } from './verbs/apply.ts';
import { addCalls } from './verbs/calls.ts';
import { addCmd } from './verbs/cmd.ts';
import { addCompletion } from './verbs/completion.ts';
import { addConformance } from './verbs/conformance.ts';
import { addConfig } from './verbs/config.ts';
import { addCreate } from './verbs/create.ts';
import { addDelete } from './verbs/delete.ts';
import { addDemo } from './verbs/demo.ts';
import { addDisks } from './verbs/disks.ts';
import { addDrivers } from './verbs/drivers.ts';
import { addGet } from './verbs/get.ts';
import { addInventory } from './verbs/inventory.ts';
import { addLab } from './verbs/lab.ts';
import { addOperations } from './verbs/operations.ts';
import { addSsh } from './verbs/ssh.ts';
import { addTwin } from './verbs/twin.ts';
import { addUp } from './verbs/up.ts';

/** Commands that only hold others: alone they tell of them, and that is no error. */
export const holders: readonly string[] = ['', 'create', 'lab', 'reload', 'twin'];

const groups: readonly [heading: string, adds: readonly ((program: Command) => void)[]][] = [
  ['Start here', [addDemo, addUp, addTwin, addLab]],
  [
    'Make and change',
    [addApply, addCreate, addDelete, addActs, addDisks, addInventory, addDrivers, addConformance],
  ],
  ['Look', [addGet, addOperations, addCalls]],
  ['Use the VMs', [addCmd, addSsh]],
  ['This program', [addConfig, addApi, addCompletion]],
];

/** Wrong usage of a verb leads to the verb's own help. */
function hintHelp(command: Command, path: string): void {
  command.showHelpAfterError(`(${path} --help shows how)`);
  for (const inner of command.commands) hintHelp(inner, `${path} ${inner.name()}`);
}

export function createProgram(): Command {
  const program = new Command('barista')
    .description("Cloud-Barista: the world's clouds, usable as one.")
    .version(manifest.version)
    .showSuggestionAfterError()
    .configureHelp({
      sortSubcommands: false,
      showGlobalOptions: false,
      // A verb's own help says what it does, too.
      commandDescription: command => command.description() || command.summary(),
    })
    .addHelpText(
      'after',
      '\nStart with:  barista demo\nExit codes: 0 done · 1 it failed · 2 the call was wrong · 3 no server answers · 4 not there · 130 interrupted\n',
    );
  for (const [heading, adds] of groups) {
    program.commandsGroup(`${heading}:`);
    for (const add of adds) add(program);
  }
  program.addHelpCommand(
    new Command('help').argument('[command]').summary('the same as --help').helpGroup('This program:'),
  );
  hintHelp(program, 'barista');
  return program;
}
