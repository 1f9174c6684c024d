/**
 * What Docker has no noun for – a VPC as a whole, a security group, a key pair – is kept in the engine itself as the labels of an
 * empty volume: named uniquely, made with its token in one call, listed by label, gone without a trace. No file of ours.
 */
import type { Call } from '@cloud-barista/driver/call';
import type { Token } from '@cloud-barista/model/ids';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Page } from '@cloud-barista/model/schema';
import type { PageCall } from '@cloud-barista/driver/call';
import { filters, type Engine } from './engine.ts';
import { isAbsent } from './errors.ts';

export const label = {
  kind: 'org.cloud-barista.kind',
  token: 'org.cloud-barista.token',
  vpc: 'org.cloud-barista.vpc',
  subnet: 'org.cloud-barista.subnet',
  data: 'org.cloud-barista.data',
  groups: 'org.cloud-barista.security-groups',
  key: 'org.cloud-barista.key-pair',
  spec: 'org.cloud-barista.spec',
  image: 'org.cloud-barista.image',
  imageName: 'org.cloud-barista.custom-image',
  imageToken: 'org.cloud-barista.custom-image-token',
} as const;

/** The token as the contract's shapes have it: there or not. */
export const tokenIn = (word: string | undefined): { token?: Token } =>
  word ? { token: word as Token } : {};

export type MarkKind = 'vpc' | 'security-group' | 'key-pair';
export interface Mark {
  name: string;
  token: string;
  data: unknown;
}
interface Volume {
  Name: string;
  Labels: Record<string, string> | null;
}

const volumeName = (kind: MarkKind, name: string) => `cb-${kind}-${name}`;

function markOf(kind: MarkKind, volume: Volume): Mark | undefined {
  const labels = volume.Labels ?? {};
  if (labels[label.kind] !== kind || !volume.Name.startsWith(volumeName(kind, ''))) return undefined;
  return {
    name: volume.Name.slice(volumeName(kind, '').length),
    token: labels[label.token] ?? '',
    data: JSON.parse(labels[label.data] ?? 'null'),
  };
}

/** The engine answers a create of a name that is there with what is there: whose it is tells the token. */
export async function makeMark(engine: Engine, call: Call, kind: MarkKind, mark: Mark): Promise<Mark> {
  const body = {
    Name: volumeName(kind, mark.name),
    Labels: { [label.kind]: kind, [label.token]: mark.token, [label.data]: JSON.stringify(mark.data) },
  };
  const volume = await engine.ask<Volume>(
    call,
    'POST',
    '/volumes/create',
    { resource: kind, name: mark.name, idempotent: true },
    body,
  );
  const made = markOf(kind, volume);
  if (made?.token === mark.token) return made;
  throw new BaristaError('already_exists', `The engine already has a ${kind} ${JSON.stringify(mark.name)}.`, {
    where: 'name',
    next: 'Choose another name.',
  });
}

export async function readMark(engine: Engine, call: Call, kind: MarkKind, name: string): Promise<Mark> {
  const missing = () =>
    new BaristaError('not_found', `The engine has no ${kind} ${JSON.stringify(name.slice(0, 100))}.`, {
      where: kind,
    });
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) throw missing();
  try {
    const found = markOf(
      kind,
      await engine.ask<Volume>(call, 'GET', `/volumes/${volumeName(kind, name)}`, { resource: kind, name }),
    );
    if (found) return found;
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  throw missing();
}

export async function listMarks(engine: Engine, call: Call, kind: MarkKind, token?: string): Promise<Mark[]> {
  const wanted = [`${label.kind}=${kind}`, ...(token === undefined ? [] : [`${label.token}=${token}`])];
  const { Volumes } = await engine.ask<{ Volumes: Volume[] | null }>(
    call,
    'GET',
    `/volumes?${filters({ label: wanted })}`,
    { resource: kind },
  );
  return (Volumes ?? [])
    .flatMap(volume => markOf(kind, volume) ?? [])
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

export async function removeMark(engine: Engine, call: Call, kind: MarkKind, name: string): Promise<void> {
  await engine
    .ask(call, 'DELETE', `/volumes/${encodeURIComponent(volumeName(kind, name))}`, { resource: kind, name })
    .catch((error: unknown) => {
      if (!isAbsent(error)) throw error;
    });
}

/** The engine does not page: its whole list is cut here. The cursor is the last id. */
export function cut<T>(items: readonly T[], idOf: (item: T) => string, { cursor, limit }: PageCall): Page<T> {
  const behind = cursor === undefined ? items : items.filter(item => idOf(item) > cursor);
  const page = behind.slice(0, limit);
  const last = page.at(-1);
  return behind.length > limit && last !== undefined ? { items: page, next: idOf(last) } : { items: page };
}
