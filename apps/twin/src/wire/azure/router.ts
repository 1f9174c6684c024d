/** The table of operations: method and path to handler. `{}` stands for one segment; fixed words match in any case. */
import type { Call, Reply } from './call.ts';

export interface Route {
  readonly method: string;
  readonly pattern: string;
  /** The REST API reference's operationId, as fault rules name it. */
  readonly operation: string;
  readonly createsVm: boolean;
  readonly handler: (call: Call) => Reply | Promise<Reply>;
}

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export function route(
  operation: string,
  line: `${Method} /${string}`,
  handler: Route['handler'],
  { createsVm = false }: { createsVm?: boolean } = {},
): Route {
  const [method = '', pattern = ''] = line.split(' ');
  return { method, pattern, operation, createsVm, handler };
}

interface Node {
  readonly next: Map<string, Node>;
  any: Node | undefined;
  readonly methods: Map<string, Route>;
}

export interface Match {
  /** Undefined: the path is known, the method is not. */
  readonly route: Route | undefined;
  readonly methods: readonly string[];
  readonly params: readonly string[];
}

const node = (): Node => ({ next: new Map(), any: undefined, methods: new Map() });

export function createRouter(routes: readonly Route[]) {
  const root = node();
  for (const each of routes) {
    let at = root;
    for (const part of each.pattern.toLowerCase().split('/').filter(Boolean)) {
      let next = part === '{}' ? at.any : at.next.get(part);
      if (!next) {
        next = node();
        if (part === '{}') at.any = next;
        else at.next.set(part, next);
      }
      at = next;
    }
    at.methods.set(each.method, each);
  }

  /** Fixed words go before `{}`. */
  function walk(
    at: Node,
    segments: readonly string[],
    index: number,
    params: readonly string[],
  ): { at: Node; params: readonly string[] } | undefined {
    const part = segments[index];
    if (part === undefined) return at.methods.size > 0 ? { at, params } : undefined;
    const fixed = at.next.get(part.toLowerCase());
    return (
      (fixed && walk(fixed, segments, index + 1, params)) ??
      (at.any && walk(at.any, segments, index + 1, [...params, part]))
    );
  }

  return {
    /** Undefined: no such path. `segments` are decoded, without empty ones. */
    find(method: string, segments: readonly string[]): Match | undefined {
      const found = walk(root, segments, 0, []);
      if (!found) return undefined;
      const { at, params } = found;
      return { route: at.methods.get(method), methods: [...at.methods.keys()], params };
    },
  };
}
