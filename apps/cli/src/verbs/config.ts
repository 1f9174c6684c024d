/** `config`: the CLI's own settings. */
import type { Command } from 'commander';
import { BaristaError } from '@cloud-barista/model/errors';
import { suggest } from '@cloud-barista/model/nearest';
import {
  configFile,
  readConfig,
  settingNames,
  settings,
  settingsNow,
  writeConfig,
  type Setting,
} from '../config.ts';
import { formatOf } from '../context.ts';
import { column, print, type Format } from '../output.ts';

function settingOf(word: string): Setting {
  const found = settingNames.find(name => name === word);
  if (found) return found;
  throw new BaristaError('invalid_argument', `There is no setting ${JSON.stringify(word)}.`, {
    next: suggest(word, settingNames, `Known are ${settingNames.join(', ')}.`),
  });
}

export function addConfig(program: Command): void {
  const config = program
    .command('config')
    .summary('show and set this program’s settings')
    .option('-o, --output <format>', 'table, json, yaml', formatOf, 'table')
    .action(async (flags: { output: Format }) => {
      const stored = await readConfig();
      const now = await settingsNow({});
      const rows = settingNames.map(name => ({
        name,
        value: name === 'token' && now[name] !== '' ? '(set)' : now[name],
        from:
          process.env[settings[name].env] === undefined
            ? stored[name] === undefined
              ? 'default'
              : configFile()
            : settings[name].env,
        about: settings[name].about,
      }));
      type Row = (typeof rows)[number];
      print(flags.output, rows, [
        column<Row>('NAME', r => r.name),
        column<Row>('VALUE', r => r.value),
        column<Row>('FROM', r => r.from),
        column<Row>('ABOUT', r => r.about),
      ]);
    });
  config
    .command('set')
    .summary('set one')
    .argument('<name>', settingNames.join(', '))
    .argument('<value>')
    .action(async (word: string, value: string) => {
      await writeConfig({ ...(await readConfig()), [settingOf(word)]: value });
    });
  config
    .command('unset')
    .summary('go back to its default')
    .argument('<name>', settingNames.join(', '))
    .action(async (word: string) => {
      const { [settingOf(word)]: _, ...rest } = await readConfig();
      await writeConfig(rest);
    });
}
