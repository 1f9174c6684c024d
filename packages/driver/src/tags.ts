import type { CloudId } from '@cloud-barista/model/ids';
import type { TaggedKind, Tags } from '@cloud-barista/model/tag';
import type { Call } from './call.ts';
import type { Capability } from './driver.ts';

/** Which capability says that a kind can be tagged. */
export const tagCapability = {
  vpc: 'tag.vpc',
  'security-group': 'tag.securityGroup',
  'key-pair': 'tag.keyPair',
  vm: 'tag.vm',
  disk: 'tag.disk',
} as const satisfies Record<TaggedKind, Capability>;

/** Of the kinds whose capability (`tag.vm`, …) is declared. */
export interface Tagging {
  /** The user's tags of a resource; those by which the driver marks it are left out. not_found where absent. */
  get(call: Call, kind: TaggedKind, id: CloudId): Promise<Tags>;
  /** Adds tags, or changes their values. Guaranteed to fit the driver's tag rule. */
  set(call: Call, kind: TaggedKind, id: CloudId, tags: Tags): Promise<void>;
  /** Succeeds for tags that are not there. */
  remove(call: Call, kind: TaggedKind, id: CloudId, keys: readonly string[]): Promise<void>;
}
