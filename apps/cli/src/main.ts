/** The `barista` command's process: runs a verb, prints its error, sets the exit code. */
import { CommanderError } from 'commander';
import { fail, formatIn, interrupted } from './context.ts';
import { createProgram, holders } from './program.ts';

const impatient = 2;
let interrupts = 0;
const interrupt = () => {
  interrupted.abort();
  if (++interrupts >= impatient) process.exit(130);
};
process.on('SIGINT', interrupt);
process.on('SIGTERM', interrupt);
// `barista get … | head`: the reader has enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const program = createProgram();
// Wrong usage is exit code 2, as in other commands; commander's own is 1.
for (const command of [program, ...program.commands, ...program.commands.flatMap(each => each.commands)])
  command.exitOverride();
try {
  const words = process.argv.slice(2);
  await program.parseAsync(holders.includes(words.join(' ')) ? [...words, '--help'] : words, {
    from: 'user',
  });
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else process.exitCode = interrupted.signal.aborted ? 130 : fail(error, formatIn(process.argv.slice(2)));
}
