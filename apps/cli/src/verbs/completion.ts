/** `completion`: shell scripts that complete verbs, flags and nouns; made from the verbs themselves. */
import type { Command } from 'commander';
import { BaristaError } from '@cloud-barista/model/errors';
import { nouns } from '../nouns.ts';

const words = (command: Command): string[] => [
  ...command.commands.map(each => each.name()),
  ...command.options.flatMap(option =>
    option.long === undefined || option.long === null ? [] : [option.long],
  ),
];
const nounWords = nouns.map(noun => noun.names[0]).join(' ');
const takesNoun = ['get', 'describe', 'delete'];

function bash(program: Command): string {
  const cases = program.commands.map(
    command =>
      `    ${command.name()}) words="${words(command).join(' ')}${takesNoun.includes(command.name()) ? ` ${nounWords}` : ''}" ;;`,
  );
  return `_barista() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" verb="\${COMP_WORDS[1]}" words
  if [ "$COMP_CWORD" -eq 1 ]; then words="${words(program).join(' ')}"; else
    case "$verb" in
${cases.join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _barista barista ./barista
`;
}

const zsh = (program: Command): string => `autoload -U +X bashcompinit && bashcompinit
${bash(program)}`;

const fish = (program: Command): string =>
  program.commands
    .flatMap(command => {
      const name = command.name();
      const rest = `${words(command)
        .filter(word => !word.startsWith('--'))
        .join(' ')}${takesNoun.includes(name) ? ` ${nounWords}` : ''}`.trim();
      const flags = command.options.flatMap(option =>
        option.long === undefined || option.long === null
          ? []
          : [`complete -c barista -n '__fish_seen_subcommand_from ${name}' -l ${option.long.slice(2)}`],
      );
      return [
        `complete -c barista -n __fish_use_subcommand -a ${name}`,
        ...(rest === '' ? [] : [`complete -c barista -n '__fish_seen_subcommand_from ${name}' -a '${rest}'`]),
        ...flags,
      ];
    })
    .join('\n')
    .concat('\n');

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .summary('print a shell’s completion script')
    .description('Print a completion script:  eval "$(barista completion bash)"')
    .argument('<shell>', 'bash, zsh or fish')
    .action((shell: string) => {
      const make = { bash, zsh, fish }[shell];
      if (!make)
        throw new BaristaError('invalid_argument', `No completion for ${JSON.stringify(shell)}.`, {
          next: 'It is one of bash, zsh, fish.',
        });
      process.stdout.write(make(program));
    });
}
