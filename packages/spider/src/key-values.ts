/** Checks the keys of a credential or a region against what its driver takes. */
import type { KeySpec } from '@cloud-barista/model/connection';
import { BaristaError } from '@cloud-barista/model/errors';
import { suggest } from '@cloud-barista/model/nearest';

export function checkKeys(values: Record<string, string>, specs: readonly KeySpec[], what: string): void {
  const known = specs.map(spec => spec.key);
  const list = `It takes: ${specs.map(spec => (spec.required ? spec.key : `[${spec.key}]`)).join(', ')}.`;
  for (const key of Object.keys(values))
    if (!known.includes(key))
      throw new BaristaError('invalid_argument', `${what} takes no key ${JSON.stringify(key)}.`, {
        next: suggest(key, known, list),
        where: `values.${key}`,
      });
  for (const { key, required, description } of specs)
    if (required && (values[key] ?? '') === '')
      throw new BaristaError(
        'invalid_argument',
        `${what} needs the key ${JSON.stringify(key)} (${description}).`,
        { next: list, where: `values.${key}` },
      );
}
