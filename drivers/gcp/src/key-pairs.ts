/**
 * Key pairs: Compute Engine has none. They are kept as items of the project's common metadata, `cb-key-<name>`, and handed to each VM in
 * its own metadata. Under that name Google's guest agent takes no notice of them.
 */
import type { Call } from '@cloud-barista/driver/call';
import type { CloudKeyPair, KeyPairs } from '@cloud-barista/driver/key-pairs';
import type { Shared } from '@cloud-barista/driver/shared';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, type Token } from '@cloud-barista/model/ids';
import type { Listings } from '@cloud-barista/driver/listing';
import { shown } from './marks.ts';
import type { CommonMetadata } from './metadata.ts';

const prefix = 'cb-key-';

interface Kept {
  token: string;
  publicKey: string;
}

/** undefined where it is not of our making. */
function parse(value: string | undefined): Kept | undefined {
  try {
    const kept = JSON.parse(value ?? '') as Partial<Kept> | null;
    if (typeof kept?.token === 'string' && typeof kept.publicKey === 'string') return kept as Kept;
  } catch {
    // Another's item that begins like ours.
  }
  return undefined;
}

/**
 * The type and the key, without the comment: the guest agent reads meaning into some comments. Google takes any text for a key, so what is
 * none is refused here: the blob must begin with its type and hold more (RFC 4253, 6.6; RFC 8709, 4).
 */
export function checkPublicKey(text: string): string {
  const [type = '', blob = ''] = text.trim().split(/\s+/);
  const bytes = Buffer.from(blob, 'base64');
  const length = bytes.length >= 4 ? bytes.readUInt32BE(0) : 0;
  const named = bytes.subarray(4, 4 + length).toString('latin1');
  const least = type === 'ssh-ed25519' ? 4 + 32 : 64;
  if (type === '' || named !== type || bytes.length < 4 + length + least)
    throw new BaristaError('invalid_argument', 'The public key is not in OpenSSH form.', {
      next: 'Give one line like: ssh-ed25519 AAAA… comment',
      where: 'publicKey',
      cause: 'InvalidPublicKey',
    });
  return `${type} ${blob}`;
}

const toPair = (name: string, token: string): CloudKeyPair => ({ id: cloudId(name), name, ...shown(token) });

const absent = (id: string): BaristaError =>
  new BaristaError('not_found', `There is no key pair ${JSON.stringify(id.slice(0, 80))}.`, {
    next: 'List the key pairs: barista key-pair list',
    where: 'keyPair',
    cause: 'notFound',
  });

/** The public key that a VM is made with. */
export async function readPublicKey(
  metadata: CommonMetadata,
  signal: AbortSignal,
  id: string,
): Promise<string> {
  const kept = parse((await metadata.read({ signal })).get(prefix + id));
  if (kept === undefined) throw absent(id);
  return kept.publicKey;
}

/** `known` is what VMs are made with: it forgets a key that goes. */
export function createKeyPairs(
  metadata: CommonMetadata,
  listings: Listings,
  known: Shared<string>,
): KeyPairs & { findMarked(call: Call, token: Token): Promise<string[]> } {
  async function everything(call: Call): Promise<(Kept & { name: string })[]> {
    const pairs: (Kept & { name: string })[] = [];
    for (const [key, value] of await metadata.read(call)) {
      const kept = key.startsWith(prefix) ? parse(value) : undefined;
      if (kept) pairs.push({ ...kept, name: key.slice(prefix.length) });
    }
    return pairs;
  }

  return {
    async create(call, request) {
      const { name } = request;
      const publicKey = checkPublicKey(request.publicKey);
      await metadata.edit(call, name, items => {
        const standing = items.get(prefix + name);
        if (standing === undefined) {
          items.set(prefix + name, JSON.stringify({ token: call.token, publicKey } satisfies Kept));
          return true;
        }
        if (parse(standing)?.token === call.token) return false;
        throw new BaristaError('already_exists', `The project has another key pair named ${name}.`, {
          next: 'Delete that one, or use another name.',
          where: 'keyPair',
          cause: 'alreadyExists',
        });
      });
      return toPair(name, call.token);
    },
    list: call =>
      listings.page('key-pairs', call, async () =>
        (await everything(call)).map(pair => toPair(pair.name, pair.token)),
      ),
    async get(call, id) {
      const found = (await everything(call)).find(one => one.name === id);
      if (found === undefined) throw absent(id);
      return toPair(found.name, found.token);
    },
    async delete(call, id) {
      known.forget(id);
      await metadata.edit(
        call,
        id,
        items => parse(items.get(prefix + id)) !== undefined && items.delete(prefix + id),
      );
    },
    findMarked: (call, token) =>
      metadata.lookTwice(call, async () =>
        (await everything(call)).filter(one => one.token === token).map(({ name }) => name),
      ),
  };
}
