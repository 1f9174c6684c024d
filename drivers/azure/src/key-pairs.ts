/** Key pairs are SSH public key resources (Microsoft.Compute/sshPublicKeys); a key's id is its name. */
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { Call, CreateCall, PageCall } from '@cloud-barista/driver/call';
import type { CloudKeyPair, KeyPairRequest, KeyPairs } from '@cloud-barista/driver/key-pairs';
import { types, type Arm, type Resource } from './arm.ts';
import { make, marked } from './claim.ts';
import { pageOf } from './pages.ts';
import type { ResourceGroup } from './resource-group.ts';
import { mark, tokenOf } from './marks.ts';

export interface SshKey extends Resource {
  properties?: { publicKey?: string };
}

const toKeyPair = ({ name, tags }: SshKey): CloudKeyPair => ({ id: cloudId(name), name, ...tokenOf(tags) });

export function createKeyPairs(
  arm: Arm,
  group: ResourceGroup,
  forget: (id: string) => void,
): KeyPairs & { findMarked(call: Call, token: Token): Promise<string[]> } {
  const { location } = arm.settings;

  return {
    create: (call: CreateCall, { name, publicKey }: KeyPairRequest) =>
      group.within(call, async () => {
        requireKey(publicKey);
        const body = { location, tags: mark(call.token), properties: { publicKey } };
        return toKeyPair(await make<SshKey>(arm, call, types.key, name, body));
      }),
    list: async (call: PageCall) =>
      pageOf((await arm.listHere<SshKey>(call, types.key)).map(toKeyPair), call),
    get: async (call: Call, id: CloudId) => toKeyPair(await arm.read<SshKey>(call, types.key, id)),
    async delete(call: Call, id: CloudId) {
      forget(id);
      await arm.remove(call, types.key, id);
      await group.sweep(call);
    },
    findMarked: (call, token) => marked(arm, call, types.key, token),
  };
}

/** Azure stores what it is given, and refuses a key that is none only when a VM is made with it. RFC 4253, 6.6: a blob begins with its own type. */
function requireKey(publicKey: string): void {
  const [type = '', blob = ''] = publicKey.trim().split(/\s+/);
  const bytes = Buffer.from(blob, 'base64');
  const length = bytes.length > 4 ? bytes.readUInt32BE(0) : 0;
  if (length > 0 && bytes.subarray(4, 4 + length).toString('latin1') === type && bytes.length > 4 + length)
    return;
  throw new BaristaError('invalid_argument', 'The public key is none in OpenSSH form.', {
    next: 'Give it as `ssh-ed25519 AAAA…` or `ssh-rsa AAAA…`.',
    where: 'publicKey',
  });
}
