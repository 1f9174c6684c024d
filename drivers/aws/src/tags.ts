/** The user's own tags. What they may be: marks.ts. */
import type { Tag } from '@aws-sdk/client-ec2';
import type { Call } from '@cloud-barista/driver/call';
import type { Tagging } from '@cloud-barista/driver/tags';
import type { CloudId } from '@cloud-barista/model/ids';
import type { TaggedKind } from '@cloud-barista/model/tag';
import { readVolume } from './volumes.ts';
import type { Ec2 } from './ec2.ts';
import { readKeyPair } from './key-pairs.ts';
import { isReserved } from './marks.ts';
import { readGroup } from './security-groups.ts';
import { readInstance } from './vms.ts';
import { readVpc } from './vpcs.ts';

/** Each noun's own read: it tells also whether the thing is there, which DescribeTags does not. */
const read: Record<TaggedKind, (ec2: Ec2, call: Call, id: CloudId) => Promise<{ Tags?: Tag[] | undefined }>> =
  {
    vpc: readVpc,
    'security-group': readGroup,
    'key-pair': readKeyPair,
    vm: readInstance,
    disk: readVolume,
  };

export function createTags(ec2: Ec2): Tagging {
  const about = (name: string) => ({ resource: 'tag', name }) as const;
  /** Tags hang on the id that EC2 gave; ours of a key pair is its name. */
  const tagged = async (call: Call, kind: TaggedKind, id: CloudId): Promise<string> =>
    kind === 'key-pair' ? ((await readKeyPair(ec2, call, id)).KeyPairId ?? '') : id;

  return {
    async get(call, kind, id) {
      const { Tags = [] } = await read[kind](ec2, call, id);
      return Object.fromEntries(
        Tags.map(({ Key = '', Value = '' }) => [Key, Value] as const).filter(([key]) => !isReserved(key)),
      );
    },
    async set(call, kind, id, tags) {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      if (Tags.length === 0) return;
      await ec2.ask(call, 'CreateTags', { Resources: [await tagged(call, kind, id)], Tags }, about(id));
    },
    async remove(call, kind, id, keys) {
      const Tags = keys.filter(key => !isReserved(key)).map(Key => ({ Key }));
      if (Tags.length === 0) return;
      await ec2.ask(call, 'DeleteTags', { Resources: [await tagged(call, kind, id)], Tags }, about(id));
    },
  };
}
