/**
 * Integrated ids: the user's name tied to the cloud's id, one record each.
 *
 * The name is claimed, with the create's token, before the create leaves; bound to the cloud's id when it is answered;
 * marked `deleting` before the delete leaves. So whatever dies when, the record tells which token or id to look for. A
 * claim that is let go without knowing whether the create may still come to light leaves a stray behind
 * (strays.ts), in the same transaction.
 */
import type { Cloud } from '@cloud-barista/driver/driver';
import { BaristaError } from '@cloud-barista/model/errors';
import type { CloudId, Token } from '@cloud-barista/model/ids';
import { suggest } from '@cloud-barista/model/nearest';
import { cloudOf, guarded } from './clouds.ts';
import { connectionOf } from './connections.ts';
import type { IdKind, OpenCloud, Spider } from './context.ts';
import { idFolder, idKey, processes, strayFolder } from './keys.ts';
import type { Held } from './mirror.ts';

export interface IdRecord<D = unknown> {
  name: string;
  state: 'claimed' | 'bound' | 'deleting';
  token: Token;
  /** The process that claimed it: while it lives and works on it, nobody else settles it. */
  process: string;
  owner?: string;
  /** The create's answer was lost: it may or may not have been done. */
  uncertain?: true;
  /** The name it carries in its cloud. */
  cloudName: string;
  /** The cloud's id; "" until bound. */
  id: string;
  /** The noun's own. */
  data: D;
  created: string;
}
export type HeldId<D> = Held<IdRecord<D>>;
export interface Stray {
  kind: IdKind;
  token: Token;
  name: string;
  /** Milliseconds since 1970 at which it was let go. */
  since: number;
}

export const titles: Record<IdKind, string> = {
  vpc: 'VPC',
  'security-group': 'security group',
  'key-pair': 'key pair',
  vm: 'VM',
  disk: 'disk',
  'custom-image': 'custom image',
  'public-ip': 'public address',
};
export const titleOf = (kind: IdKind, name: string, connection: string): string =>
  `${titles[kind]} ${JSON.stringify(name)} (connection ${JSON.stringify(connection)})`;

export async function findId<D>(
  spider: Spider,
  connection: string,
  kind: IdKind,
  name: string,
): Promise<HeldId<D> | undefined> {
  return spider.mirror.find<IdRecord<D>>(idKey(connection, kind, name));
}

export function noSuchId(spider: Spider, connection: string, kind: IdKind, name: string): BaristaError {
  return new BaristaError('not_found', `There is no ${titleOf(kind, name, connection)}.`, {
    next: suggest(
      name,
      spider.mirror.names(idFolder(connection, kind)),
      `List them with: barista get ${kind}s --connection ${connection}`,
    ),
    where: kind,
  });
}

/** The record, where the cloud holds the thing; not_found naming the nearest, failed_precondition while it is being made or deleted. */
export async function boundId<D>(
  spider: Spider,
  connection: string,
  kind: IdKind,
  name: string,
): Promise<HeldId<D>> {
  const held = await findId<D>(spider, connection, kind, name);
  if (!held) {
    await connectionOf(spider, connection);
    throw noSuchId(spider, connection, kind, name);
  }
  if (held.value.state === 'bound') return held;
  throw new BaristaError(
    'failed_precondition',
    `The ${titleOf(kind, name, connection)} is being ${held.value.state === 'claimed' ? 'made' : 'deleted'}.`,
    {
      next: 'Wait until that has ended, then try again.',
      where: kind,
    },
  );
}

/** Compare-and-set; undefined where it was changed since. */
export async function replaceId<D>(
  spider: Spider,
  connection: string,
  kind: IdKind,
  held: HeldId<D>,
  value: IdRecord<D>,
): Promise<HeldId<D> | undefined> {
  const key = idKey(connection, kind, value.name);
  if (!(await spider.mirror.commit({ if: [{ key, revision: held.revision }], put: [{ key, value }] })))
    return undefined;
  return spider.mirror.get<IdRecord<D>>(key);
}

/** Changes the data of a record that stands, whatever else changes meanwhile. */
export async function updateId<D>(
  spider: Spider,
  connection: string,
  kind: IdKind,
  name: string,
  change: (data: D) => D,
): Promise<HeldId<D>> {
  for (;;) {
    const held = await findId<D>(spider, connection, kind, name);
    if (!held) throw noSuchId(spider, connection, kind, name);
    const done = await replaceId(spider, connection, kind, held, {
      ...held.value,
      data: change(held.value.data),
    });
    if (done) return done;
  }
}

export const isDead = (spider: Spider, process: string): boolean =>
  process !== spider.process && (!spider.shared || !spider.mirror.get(processes + process));

/** The cloud's side of a delete, for each kind; succeeds where absent. */
export async function removeFromCloud(
  open: OpenCloud,
  kind: IdKind,
  id: CloudId,
  signal: AbortSignal,
): Promise<void> {
  const { cloud } = open;
  const removers: Record<IdKind, (cloud: Cloud) => Promise<void> | undefined> = {
    vpc: ({ vpcs }) => vpcs.delete({ signal }, id),
    'security-group': ({ securityGroups }) => securityGroups.delete({ signal }, id),
    'key-pair': ({ keyPairs }) => keyPairs.delete({ signal }, id),
    vm: ({ vms }) => vms.terminate({ signal }, id),
    disk: ({ disks }) => disks?.delete({ signal }, id),
    'custom-image': ({ customImages }) => customImages?.delete({ signal }, id),
    'public-ip': ({ publicIps }) => publicIps?.delete({ signal }, id),
  };
  await guarded(open, async () => removers[kind](cloud));
}

/** Deletes what carries `token` in the cloud; returns how much that was. */
export async function removeMarked(
  open: OpenCloud,
  kind: IdKind,
  token: Token,
  signal: AbortSignal,
): Promise<number> {
  const ids = await guarded(open, () => open.cloud.findMarked({ signal }, kind, token));
  for (const id of ids) await removeFromCloud(open, kind, id as CloudId, signal);
  return ids.length;
}

/** Lets a claim go; with `stray`, what it may yet bring to light is looked for a while longer. */
export async function releaseId(
  spider: Spider,
  connection: string,
  kind: IdKind,
  held: HeldId<unknown>,
  stray = false,
): Promise<boolean> {
  const key = idKey(connection, kind, held.value.name);
  const { token, name } = held.value;
  const note: Stray = { kind, token, name, since: spider.now() };
  return spider.mirror.commit({
    if: [{ key, revision: held.revision }],
    delete: [key],
    ...(stray && { put: [{ key: strayFolder(connection) + token, value: note }] }),
  });
}

/** Makes as if an unanswered create had never been: deletes what it made, frees the name. In the record's lock. */
export async function settleClaim(
  spider: Spider,
  connection: string,
  kind: IdKind,
  held: HeldId<unknown>,
  signal: AbortSignal,
): Promise<boolean> {
  const open = await cloudOf(spider, connection, signal);
  const found = await removeMarked(open, kind, held.value.token, signal);
  return releaseId(spider, connection, kind, held, found === 0);
}

const cleaningMs = 30_000;
/** For cleaning up after a caller that has gone. */
export const cleaning = (spider: Spider): AbortSignal =>
  AbortSignal.any([spider.signal, AbortSignal.timeout(cleaningMs)]);
