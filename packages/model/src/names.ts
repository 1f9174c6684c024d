/**
 * Names: what users call things. One rule for all our nouns (RFC 1123 labels, so that a name fits a host name,
 * a URL and a file); what each cloud allows is its driver's data (`NameRule`).
 */
import { BaristaError } from './errors.ts';

export const namePattern = '^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$';
const nameRegExp = new RegExp(namePattern);
export const nameRuleText =
  '1 to 63 lower-case letters, digits and hyphens, starting with a letter, not ending with a hyphen';

export const isName = (text: string): boolean => nameRegExp.test(text);

/** Throws invalid_argument with the rule when `text` is no name. `what` is the noun, e.g. "MCIS name". */
export function requireName(text: string, what: string): string {
  if (isName(text)) return text;
  throw new BaristaError(
    'invalid_argument',
    `${what} ${JSON.stringify(text.slice(0, 80))} is not a valid name.`,
    {
      next: `Use ${nameRuleText}.`,
      where: what,
    },
  );
}

/** What a cloud allows in the name of one kind of resource. */
export interface NameRule {
  maxLength: number;
  /** A regular expression source that the whole name must match. */
  pattern: string;
  /** True where two resources of the kind can't carry the same name in one account and region. */
  unique: boolean;
}

/**
 * The name that a resource carries inside its cloud: the user's, cut to what the cloud allows, with a suffix that
 * keeps it apart from another user's same name.
 */
export function cloudName(name: string, suffix: string, rule: NameRule): string {
  const room = rule.maxLength - suffix.length - 1;
  const stem = name.slice(0, Math.max(room, 1)).replace(/-+$/, '');
  return `${stem}-${suffix}`;
}
