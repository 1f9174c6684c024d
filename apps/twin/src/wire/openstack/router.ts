/** The table of operations: method and pattern to handler. `{}` stands for one segment of the path. */
import type { SiteCall, Call } from './call.ts';
import type { Reply } from './reply.ts';

export interface Route<C extends Call> {
  readonly method: string;
  /** e.g. /servers/{}/action */
  readonly pattern: string;
  /** As the Twin's fault rules name it, e.g. POST /servers/{id}/action */
  readonly operation: string;
  readonly open: boolean;
  readonly createsVm: boolean;
  /** A fault of its making shows only after the answer, on what was made. */
  readonly late: boolean;
  readonly handler: (call: C) => Reply | Promise<Reply>;
}

export type SiteRoute = Route<SiteCall>;

export interface RouteOptions {
  /** Needs no token. */
  open?: boolean;
  createsVm?: boolean;
  /** As all that make a VM. */
  late?: boolean;
}

export function route<C extends Call>(
  line: `${'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`,
  handler: (call: C) => Reply | Promise<Reply>,
  { open = false, createsVm = false, late = createsVm }: RouteOptions = {},
): Route<C> {
  const [method = '', pattern = ''] = line.split(' ');
  let seen = 0;
  const operation = line.replace(/\{\}/g, () => (seen++ === 0 ? '{id}' : '{sub}'));
  return { method, pattern, operation, open, createsVm, late, handler };
}

interface Node<C extends Call> {
  next: Map<string, Node<C>>;
  any: Node<C> | undefined;
  methods: Map<string, Route<C>>;
}

export interface Match<C extends Call> {
  /** Undefined: the path is known, the method is not. */
  route: Route<C> | undefined;
  methods: string[];
  id: string;
  sub: string;
}

export interface Router<C extends Call> {
  /** Undefined: no such path. `segments` are decoded, without empty ones. */
  find(method: string, segments: readonly string[]): Match<C> | undefined;
}

const node = <C extends Call>(): Node<C> => ({ next: new Map(), any: undefined, methods: new Map() });
const split = (path: string) => path.split('/').filter(part => part !== '');

/** The node of the path, fixed words before `{}`, with what the `{}` stood for. */
function walk<C extends Call>(
  at: Node<C>,
  segments: readonly string[],
  index: number,
  taken: readonly string[],
): { at: Node<C>; taken: readonly string[] } | undefined {
  const part = segments[index];
  if (part === undefined) return at.methods.size > 0 ? { at, taken } : undefined;
  const fixed = at.next.get(part);
  return (
    (fixed && walk(fixed, segments, index + 1, taken)) ??
    (at.any && walk(at.any, segments, index + 1, [...taken, part]))
  );
}

export function createRouter<C extends Call>(routes: readonly Route<C>[]): Router<C> {
  const root = node<C>();
  for (const each of routes) {
    let at = root;
    for (const part of split(each.pattern)) {
      let next = part === '{}' ? at.any : at.next.get(part);
      if (!next) {
        next = node<C>();
        if (part === '{}') at.any = next;
        else at.next.set(part, next);
      }
      at = next;
    }
    at.methods.set(each.method, each);
  }
  return {
    find(method, segments) {
      const found = walk(root, segments, 0, []);
      if (!found) return undefined;
      const [id = '', sub = ''] = found.taken;
      return { route: found.at.methods.get(method), methods: [...found.at.methods.keys()], id, sub };
    },
  };
}
