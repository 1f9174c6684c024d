/** The CLI's settings: flags, then environment, then `~/.config/cloud-barista/config.json`, then defaults. */
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { BaristaError } from '@cloud-barista/model/errors';

export const settings = {
  server: { env: 'BARISTA_SERVER', fallback: 'http://127.0.0.1:4600', about: 'address of the server' },
  token: { env: 'BARISTA_TOKEN', fallback: '', about: 'access token, where the server wants one' },
  namespace: { env: 'BARISTA_NAMESPACE', fallback: 'default', about: 'namespace of MCISes' },
  twin: { env: 'BARISTA_TWIN', fallback: 'http://127.0.0.1:4650', about: 'address of Cloud-Twin' },
} as const;
export type Setting = keyof typeof settings;
export const settingNames = Object.keys(settings) as Setting[];

export const configFile = (): string =>
  join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'cloud-barista', 'config.json');
export const dataRoot = (): string =>
  process.env['BARISTA_DATA'] ??
  join(process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'cloud-barista');

export async function readConfig(): Promise<Partial<Record<Setting, string>>> {
  const file = configFile();
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new BaristaError('failed_precondition', `${file} can't be read: ${(error as Error).message}.`, {
      next: 'Check its rights.',
      where: file,
      source: error,
    });
  }
  const wrong = (what: string, source?: unknown) =>
    new BaristaError('invalid_argument', `The settings file ${file} ${what}.`, {
      next: 'Mend or remove it.',
      where: file,
      source,
    });
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch (error) {
    throw wrong('is not JSON', error);
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) throw wrong('is not an object');
  for (const [name, value] of Object.entries(values))
    if (typeof value !== 'string') throw wrong(`has something else than text for ${name}`);
  return values;
}

/** Whole or not at all: written beside, then renamed. 0600, for the token may stand in it. */
export async function writeConfig(values: Partial<Record<Setting, string>>): Promise<void> {
  const file = configFile();
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.${process.pid}`;
  await writeFile(beside, `${JSON.stringify(values, null, 2)}\n`, { mode: 0o600 });
  await chmod(beside, 0o600);
  await rename(beside, file);
}

export async function settingsNow(flags: Partial<Record<Setting, string>>): Promise<Record<Setting, string>> {
  const stored = await readConfig();
  const now = {} as Record<Setting, string>;
  for (const name of settingNames) {
    const { env, fallback } = settings[name];
    now[name] = flags[name] ?? process.env[env] ?? stored[name] ?? fallback;
  }
  return now;
}
