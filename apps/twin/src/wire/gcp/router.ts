/** The table of methods: pattern behind `projects/{project}/` to handler. */
import type { Call, Result } from './call.ts';

export type Handler = (call: Call) => Result | Promise<Result>;

export interface Route {
  /** As the Twin's fault rules and the API reference name it, e.g. instances.insert. */
  readonly operation: string;
  readonly method: string;
  readonly pattern: string;
  readonly createsVm: boolean;
  /** Whether it changes nothing. */
  readonly reads: boolean;
  readonly handler: Handler;
}

export function route(
  operation: string,
  line: string,
  handler: Handler,
  { createsVm = false, reads = line.startsWith('GET ') }: { createsVm?: boolean; reads?: boolean } = {},
): Route {
  const [method = '', pattern = ''] = line.split(' ');
  return { operation, method, pattern, createsVm, reads, handler };
}

interface Node {
  readonly next: Map<string, Node>;
  any: Node | undefined;
  readonly routes: Map<string, Route>;
}
export interface Match {
  /** Undefined: the path is known, the method is not. */
  route: Route | undefined;
  zone: string;
  region: string;
  name: string;
}

const createNode = (): Node => ({ next: new Map(), any: undefined, routes: new Map() });

function walk(node: Node, parts: readonly string[], index = 0): Node | undefined {
  const part = parts[index];
  if (part === undefined) return node.routes.size > 0 ? node : undefined;
  const fixed = node.next.get(part);
  return (fixed && walk(fixed, parts, index + 1)) ?? (node.any && walk(node.any, parts, index + 1));
}

/** Undefined from what it returns: no such path. */
export function createRouter(routes: readonly Route[]) {
  const root = createNode();
  for (const each of routes) {
    let node = root;
    for (const part of each.pattern.split('/').filter(word => word !== '')) {
      if (part.startsWith('{')) node = node.any ??= createNode();
      else {
        let next = node.next.get(part);
        if (!next) node.next.set(part, (next = createNode()));
        node = next;
      }
    }
    node.routes.set(each.method, each);
  }
  return (method: string, parts: readonly string[]): Match | undefined => {
    const node = walk(root, parts);
    if (!node) return undefined;
    const match: Match = { route: node.routes.get(method), zone: '', region: '', name: '' };
    const words = match.route?.pattern.split('/').filter(word => word !== '') ?? [];
    for (const [index, word] of words.entries()) {
      const value = parts[index] ?? '';
      if (word === '{zone}') match.zone = value;
      else if (word === '{region}') match.region = value;
      else if (word === '{name}') match.name = value;
    }
    return match;
  };
}
