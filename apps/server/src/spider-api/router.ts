/** Finds the route of a path: words go before parameters, and those before a rest (`*`), as upstream's router has it. */
import { BaristaError } from '@cloud-barista/model/errors';
import type { SpiderRoute } from './route.ts';

interface Branch {
  words: Map<string, Branch>;
  param: Branch | undefined;
  rest: Map<string, SpiderRoute>;
  /** By method. */
  routes: Map<string, SpiderRoute>;
}
export interface Found {
  route: SpiderRoute;
  params: Record<string, string>;
}
export interface Router {
  find(method: string, path: string): Found | undefined;
  /** The methods that a path takes; none where there is no such path. */
  methods(path: string): string[];
}

const branch = (): Branch => ({ words: new Map(), param: undefined, rest: new Map(), routes: new Map() });

function decode(part: string): string {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    throw new BaristaError('invalid_argument', 'The path can’t be decoded.', { where: 'path' });
  }
}

export function createRouter(routes: readonly SpiderRoute[]): Router {
  const root = branch();
  for (const route of routes) {
    let at = root;
    for (const word of route.path.split('/').slice(1)) {
      if (word === '*') {
        at.rest.set(route.method, route);
        break;
      }
      if (word.startsWith(':')) at = at.param ??= branch();
      else {
        let next = at.words.get(word);
        if (!next) at.words.set(word, (next = branch()));
        at = next;
      }
    }
    if (!route.path.endsWith('*')) at.routes.set(route.method, route);
  }

  /** Calls `take` with what fits, best first, until it says true. */
  function walk(
    at: Branch,
    parts: readonly string[],
    from: number,
    take: (fit: Map<string, SpiderRoute>) => boolean,
  ): boolean {
    const part = parts[from];
    if (part === undefined) return at.routes.size > 0 && take(at.routes);
    const word = at.words.get(part);
    if (word && walk(word, parts, from + 1, take)) return true;
    if (at.param && part !== '' && walk(at.param, parts, from + 1, take)) return true;
    return at.rest.size > 0 && take(at.rest);
  }
  const split = (path: string) => path.split('/').slice(1);

  return {
    find(method, path) {
      const parts = split(path);
      let route: SpiderRoute | undefined;
      walk(root, parts, 0, fit => (route = fit.get(method)) !== undefined);
      if (!route) return undefined;
      const params: Record<string, string> = {};
      for (const [at, word] of route.path.split('/').slice(1).entries())
        if (word.startsWith(':')) params[word.slice(1)] = decode(parts[at] ?? '');
      return { route, params };
    },
    methods(path) {
      const found = new Set<string>();
      walk(root, split(path), 0, fit => {
        for (const method of fit.keys()) found.add(method);
        return false;
      });
      return [...found];
    },
  };
}
