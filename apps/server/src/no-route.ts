/** What is answered where no route fits: the methods of a path that is there, or the nearest path. */
import type { Definition } from '@cloud-barista/api/define';
import { operations } from '@cloud-barista/api/operations';
import { BaristaError } from '@cloud-barista/model/errors';
import { suggest } from '@cloud-barista/model/nearest';

/** `allow`: the methods that the path takes; empty where there is no such path. */
export function noRoute(method: string, url: string): { error: BaristaError; allow: string[] } {
  const path = url.split('?')[0] ?? '';
  const parts = path.split('/');
  const fits = (template: string) => {
    const wanted = template.split('/');
    return (
      wanted.length === parts.length &&
      wanted.every((word, at) => (word.startsWith('{') ? parts[at] !== '' : word === parts[at]))
    );
  };
  const definitions: Definition[] = Object.values(operations);
  const found = definitions.filter(definition => fits(definition.path));
  const allow = [...new Set(found.map(definition => definition.method))];
  const shown = path.length > 200 ? `${path.slice(0, 200)}…` : path;
  const error = new BaristaError('not_found', `There is no ${method} ${shown}.`, {
    where: 'path',
    next:
      allow.length > 0
        ? `The path takes ${allow.join(', ')}.`
        : suggest(
            path,
            definitions.map(definition => definition.path),
            'The list of routes: /docs',
          ),
  });
  return { error, allow };
}
