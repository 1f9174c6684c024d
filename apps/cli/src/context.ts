/** What every verb has: the client, the settings and how to print. */
import { InvalidArgumentError, type Command } from 'commander';
import { createClient, type Client } from '@cloud-barista/api/client';
import { BaristaError, toBaristaError, type ErrorCode } from '@cloud-barista/model/errors';
import { settingsNow, type Setting } from './config.ts';
import { formats, plain, type Format } from './output.ts';

export interface Context {
  client: Client;
  settings: Record<Setting, string>;
  format: Format;
  /** Fires on Ctrl-C. */
  signal: AbortSignal;
}

export const interrupted = new AbortController();

/** Adds the flags that every verb that talks to the server has. */
export const withServer = (command: Command): Command =>
  command
    .option('-s, --server <url>', 'address of the server')
    .option('--token <token>', 'access token')
    .option('-n, --namespace <name>', 'namespace')
    .option('-o, --output <format>', formats.join(', '), formatOf, 'table');

export function formatOf(word: string): Format {
  const format = formats.find(candidate => candidate === word);
  if (format) return format;
  throw new InvalidArgumentError(`It is one of ${formats.join(', ')}.`);
}

export const countOf = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number above 0.');
};
/** Of a list that is one page: 1 to 1000. */
export const pageLimit = (text: string): number => {
  const value = countOf(text);
  if (value <= 1000) return value;
  throw new InvalidArgumentError('It is at most 1000.');
};
export const positive = (text: string): number => {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
};
export const portNumber = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value < 65_536) return value;
  throw new InvalidArgumentError('It must be a port, 0 to 65535.');
};

export type Flags = Partial<Record<Setting, string>> & { output?: Format };

export async function contextOf(flags: Flags): Promise<Context> {
  const { server, token, namespace, twin } = flags;
  const settings = await settingsNow({
    ...(server !== undefined && { server }),
    ...(token !== undefined && { token }),
    ...(namespace !== undefined && { namespace }),
    ...(twin !== undefined && { twin }),
  });
  const client = createClient({
    url: settings.server,
    token: settings.token === '' ? undefined : settings.token,
  });
  return { client, settings, format: flags.output ?? 'table', signal: interrupted.signal };
}

/** 0 done · 1 it failed · 2 the call was wrong · 3 no server · 4 not there · 130 interrupted. */
const exitCodes: Partial<Record<ErrorCode, number>> = {
  invalid_argument: 2,
  out_of_range: 2,
  unavailable: 3,
  not_found: 4,
  cancelled: 130,
};

/** The format asked for, also where the flags were not understood. */
export function formatIn(args: readonly string[]): Format {
  const at = args.findIndex(word => /^(-o|--output)$/.test(word));
  const said =
    at >= 0 ? args[at + 1] : args.map(word => /^(?:-o|--output)=?(.+)$/.exec(word)?.[1]).find(Boolean);
  return formats.find(format => format === said) ?? 'table';
}

/** Prints an error as people want it – what, where, what to do next – and returns the exit code. */
export function fail(error: unknown, format: Format = 'table'): number {
  const known = toBaristaError(error);
  const { code, message, next, where, cause } = known.toJSON();
  if (format === 'json') process.stderr.write(`${JSON.stringify({ error: known.toJSON() })}\n`);
  else {
    // Texts of clouds and drivers are in it.
    const say = (text: string) => process.stderr.write(`${plain(text)}\n`);
    say(`error: ${message}`);
    if (where !== undefined && !message.includes(where)) say(`  where: ${where}`);
    if (cause !== undefined) say(`  the cloud said: ${cause}`);
    if (next !== undefined) say(`  next: ${next}`);
    if (code === 'internal' && known.operator !== undefined) say(known.operator);
  }
  return exitCodes[code] ?? 1;
}

/** The last that a child process said before it failed, as an error. */
export const childError = (what: string, text: string): BaristaError =>
  new BaristaError(
    'failed_precondition',
    `${what} did not start: ${text.trim().replace(/^error: /, '') || 'it said nothing'}`,
    {},
  );
