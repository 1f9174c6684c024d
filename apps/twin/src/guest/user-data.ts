/**
 * User data, as cloud-init reads it at a VM's first boot: a script (`#!`) or `#cloud-config` (bootcmd, users,
 * write_files, ssh_authorized_keys, runcmd). Either becomes one shell script that root runs inside the VM.
 * Source: cloud-init's "User data formats" and "Module reference" pages.
 */
import { parse } from 'yaml';

export interface Part {
  /** Run by root; its own first line says by what. */
  script: string;
  /** What was asked for and can't be had, for the console. */
  notes: string[];
}

type Table = Record<string, unknown>;
const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
const text = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : '';
const quote = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;

/** A command of runcmd: a list is run as it is, a text by the shell. */
function commandOf(entry: unknown): string {
  if (Array.isArray(entry)) return entry.map(word => quote(text(word))).join(' ');
  return `sh -c ${quote(text(entry))}`;
}

function fileOf(entry: Table): string[] {
  const path = text(entry['path']);
  if (!path.startsWith('/'))
    return [`echo ${quote(`write_files: no absolute path in ${JSON.stringify(entry)}`)} >&2`];
  const encoding = text(entry['encoding']).toLowerCase();
  const zipped = /gz/.test(encoding);
  const coded = /b(ase)?64/.test(encoding);
  const bytes = coded ? Buffer.from(text(entry['content']), 'base64') : Buffer.from(text(entry['content']));
  const target = quote(path);
  const folder = quote(path.slice(0, path.lastIndexOf('/')) || '/');
  const mode = text(entry['permissions']).replace(/^0o/, '');
  const owner = text(entry['owner']);
  return [
    `mkdir -p ${folder}`,
    `base64 -d ${zipped ? '| gzip -d ' : ''}${entry['append'] === true ? '>>' : '>'} ${target} <<'CLOUD_TWIN_END'`,
    ...(bytes.toString('base64').match(/.{1,76}/g) ?? []),
    'CLOUD_TWIN_END',
    ...(/^[0-7]{3,4}$/.test(mode) ? [`chmod ${mode} ${target}`] : [`chmod 644 ${target}`]),
    ...(owner && owner !== 'root:root' && owner !== 'root' ? [`chown ${quote(owner)} ${target}`] : []),
  ];
}

function userOf(entry: unknown, at: number): string[] {
  if (entry === 'default') return [];
  const table = isTable(entry) ? entry : { name: entry };
  const name = text(table['name']);
  if (!/^[a-z_][\w-]{0,31}$/.test(name)) return [`echo ${quote(`users: a bad name: ${name}`)} >&2`];
  const id = 2000 + at;
  const shell = text(table['shell']) || '/bin/sh';
  const keys = listOf(table['ssh_authorized_keys']).map(text);
  return [
    `grep -q '^${name}:' /etc/passwd || { echo ${quote(`${name}:x:${id}:${id}:${text(table['gecos'])}:/home/${name}:${shell}`)} >> /etc/passwd`,
    `  echo '${name}:x:${id}:' >> /etc/group; mkdir -p /home/${name}/.ssh; }`,
    ...keys.map(key => `echo ${quote(key)} >> /home/${name}/.ssh/authorized_keys`),
    `chown -R ${id}:${id} /home/${name} 2>/dev/null || true`,
  ];
}

const known = new Set([
  'bootcmd',
  'users',
  'write_files',
  'runcmd',
  'ssh_authorized_keys',
  'hostname',
  'fqdn',
  'preserve_hostname',
  'timezone',
  'manage_etc_hosts',
  'output',
  'ssh_pwauth',
  'disable_root',
]);

function ofConfig(source: string, user: string): Part {
  let config: unknown;
  try {
    config = parse(source, { maxAliasCount: 100 });
  } catch (error) {
    return {
      script: '',
      notes: [`user data: not YAML: ${error instanceof Error ? error.message.split('\n')[0] : ''}`],
    };
  }
  if (config === null || config === undefined) return { script: '', notes: [] };
  if (!isTable(config)) return { script: '', notes: ['user data: #cloud-config is not a table of keys.'] };
  const home = user === 'root' ? '/root' : `/home/${user}`;
  const lines = [
    ...listOf(config['bootcmd']).map(commandOf),
    ...listOf(config['write_files']).filter(isTable).flatMap(fileOf),
    ...listOf(config['users']).flatMap(userOf),
    ...listOf(config['ssh_authorized_keys']).map(
      key => `echo ${quote(text(key))} >> ${home}/.ssh/authorized_keys`,
    ),
    ...listOf(config['runcmd']).map(commandOf),
  ];
  const notes = Object.keys(config)
    .filter(key => !known.has(key))
    .map(key => `cloud-config: "${key}" is not done by Cloud-Twin.`);
  return { script: lines.length === 0 ? '' : ['#!/bin/sh', ...lines, ''].join('\n'), notes };
}

/** `user` is the login user of the VM's image. */
export function readUserData(userData: string, user: string): Part {
  const start = userData.trimStart();
  if (start === '') return { script: '', notes: [] };
  if (start.startsWith('#!')) return { script: start, notes: [] };
  if (start.startsWith('#cloud-config')) return ofConfig(start, user);
  return {
    script: '',
    notes: [
      `user data: neither "#!" nor "#cloud-config" on its first line, but "${start.split('\n')[0]?.slice(0, 40) ?? ''}"; nothing was run.`,
    ],
  };
}
