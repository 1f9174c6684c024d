/** The table of operations: method and pattern to handler. `{}` stands for one segment of the path. */
import type { Call } from './call.ts';
import type { Reply } from './reply.ts';

export interface Route {
  readonly method: string;
  /** Behind the engine's version and the tenant, the engine first; undefined: any segment. */
  readonly segments: readonly (string | undefined)[];
  /** As the Twin's fault rules name it, e.g. POST /ace/servers/{id}/start */
  readonly operation: string;
  readonly createsVm: boolean;
  readonly handler: (call: Call) => Reply;
}

/** `engine` as in the public client: ace computes, dna networks, iam identifies. */
export function route(
  line: `${'GET' | 'POST' | 'PUT' | 'DELETE'} /${'ace' | 'dna' | 'iam'}/${string}`,
  handler: (call: Call) => Reply,
  createsVm = false,
): Route {
  const [method = '', pattern = ''] = line.split(' ');
  const segments = pattern
    .slice(1)
    .split('/')
    .map(part => (part.startsWith('{') ? undefined : part));
  return { method, segments, operation: line, createsVm, handler };
}

export interface Match {
  /** Undefined: the path is known, the method is not. */
  readonly route: Route | undefined;
  readonly methods: readonly string[];
  readonly ids: readonly string[];
}

export interface Router {
  /** Undefined: no such path. */
  find(method: string, segments: readonly string[]): Match | undefined;
}

const score = ({ segments }: Route) => segments.filter(part => part !== undefined).length;

export function createRouter(routes: readonly Route[]): Router {
  const tables = new Map<string, Route[]>();
  const keyOf = (segments: readonly (string | undefined)[]) =>
    `${segments.length} ${segments[0]}/${segments[1]}`;
  // Fixed words are found before `{}`.
  for (const each of [...routes].sort((a, b) => score(b) - score(a))) {
    const key = keyOf(each.segments);
    tables.set(key, [...(tables.get(key) ?? []), each]);
  }
  return {
    find(method, segments) {
      const fits = (tables.get(keyOf(segments)) ?? []).filter(each =>
        each.segments.every((part, index) => part === undefined || part === segments[index]),
      );
      const [first] = fits;
      if (!first) return undefined;
      const found = fits.find(each => each.method === method);
      const { segments: pattern } = found ?? first;
      return {
        route: found,
        methods: [...new Set(fits.map(each => each.method))],
        ids: segments.filter((_, index) => pattern[index] === undefined),
      };
    },
  };
}
