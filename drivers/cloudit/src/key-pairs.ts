/**
 * Key pairs, which Cloudit has not: security groups whose description holds the public key. Such a group lets SSH in and nothing
 * else, for it is the door of the VMs that are made with the key: each is in it until the key has been put in place.
 */
import type { Call } from '@cloud-barista/driver/call';
import type { CloudKeyPair, KeyPairs } from '@cloud-barista/driver/key-pairs';
import type { Listings } from '@cloud-barista/driver/listing';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId } from '@cloud-barista/model/ids';
import type { Api } from './api.ts';
import type { Group } from './fields.ts';
import { deleteGroup, findGroup, makeGroup, readGroup, readGroups } from './groups.ts';
import { markOf } from './marks.ts';
import { wireRule } from './rules.ts';

const door = wireRule({ direction: 'inbound', protocol: 'tcp', fromPort: 22, toPort: 22, cidr: '0.0.0.0/0' });

/** The blob begins with the length and the name of its type, as the line does (RFC 4253, 6.6). */
export function isPublicKey(line: string): boolean {
  const [type = '', text = ''] = line.split(' ');
  const blob = Buffer.from(text, 'base64');
  return (
    /^[\x20-\x7e\u00a0-\uffff]+$/.test(line) &&
    /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d{3})$/.test(type) &&
    /^[A-Za-z0-9+/]+=*$/.test(text) &&
    blob.length > type.length + 8 &&
    blob.readUInt32BE(0) === type.length &&
    blob.toString('latin1', 4, 4 + type.length) === type
  );
}

function keyPairOf(group: Group): CloudKeyPair {
  const mark = markOf('key-pair', group);
  return { id: cloudId(group.id), name: group.name, ...(mark && { token: mark.token }) };
}

export function createKeyPairs(api: Api, listings: Listings): KeyPairs {
  return {
    async create(call, { name, publicKey }) {
      const line = publicKey.trim();
      if (!isPublicKey(line))
        throw new BaristaError('invalid_argument', 'That is no OpenSSH public key.', {
          where: 'publicKey',
          next: 'Give one line such as: ssh-ed25519 AAAA… name',
        });
      const left = call.again ? await findGroup(api, call, 'key-pair', call.token) : undefined;
      const group = left ?? (await makeGroup(api, call, 'key-pair', { name, rules: [door], rest: [line] }));
      return keyPairOf(group);
    },
    list: call =>
      listings.page('key-pairs', call, async () => (await readGroups(api, call, 'key-pair')).map(keyPairOf)),
    get: async (call, id) => keyPairOf(await readGroup(api, call, 'key-pair', id)),
    delete: (call, id) => deleteGroup(api, call, 'key-pair', id),
  };
}

export async function publicKeyOf(api: Api, call: Call, id: string): Promise<string> {
  const line = markOf('key-pair', await readGroup(api, call, 'key-pair', id))?.rest.join(' ') ?? '';
  if (isPublicKey(line)) return line;
  throw new BaristaError('data_loss', `The key pair ${id} of Cloudit has lost its key.`, {
    next: 'Delete it and make another.',
  });
}
