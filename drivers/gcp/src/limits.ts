/** What Google allows in names, tags and disks, as the driver tells it before its cloud is used. */
import type { DiskType } from '@cloud-barista/model/disk';
import type { NameRule } from '@cloud-barista/model/names';
import type { TagRule } from '@cloud-barista/model/tag';

/** Of the firewalls that are a group's rules. */
export const rulePrefix = 'cbr-';

/** RFC 1035 labels ("Naming resources"). */
export const nameRule = (maxLength = 63): NameRule => ({
  maxLength,
  pattern: '^[a-z](?:[-a-z0-9]*[a-z0-9])?$',
  unique: true,
});
/** A firewall's name has 63 characters: `cbr-<name>-<8 hex digits>`. */
export const groupNameRule = nameRule(63 - rulePrefix.length - 9);

/** "About Persistent Disk", "About Hyperdisk": the limits of one volume. */
export const diskTypes: readonly DiskType[] = [
  { type: 'pd-balanced', minGb: 10, maxGb: 65_536 },
  { type: 'pd-ssd', minGb: 10, maxGb: 65_536 },
  { type: 'pd-standard', minGb: 10, maxGb: 65_536 },
  { type: 'pd-extreme', minGb: 500, maxGb: 65_536 },
  { type: 'hyperdisk-balanced', minGb: 4, maxGb: 65_536 },
  { type: 'hyperdisk-throughput', minGb: 2048, maxGb: 32_768 },
  { type: 'hyperdisk-extreme', minGb: 64, maxGb: 65_536 },
];

/** `cb-` are our marks, at most four; labels that begin with `goog` are Google's own. "Each resource can have up to 64 labels." */
export const tagRule: TagRule = {
  key: '(?!cb-|goog)[a-z][a-z0-9_-]{0,62}',
  value: '[a-z0-9_-]{0,63}',
  most: 60,
};
