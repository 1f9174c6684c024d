/**
 * Azure Resource Manager: one authenticated request, lists, and what takes longer than a request. Every request goes down
 * the road; a token that ARM no longer takes (401) is replaced once and the request made again.
 */
import { orAbsent } from '@cloud-barista/driver/errors';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { ResourceKind } from '@cloud-barista/model/call';
import type { Call } from '@cloud-barista/driver/call';
import type { Answer } from '@cloud-barista/driver/http';
import type { Road } from '@cloud-barista/driver/road';
import type { Http } from './http.ts';
import { finish } from './long-running.ts';
import { locationOf, type Settings } from './settings.ts';
import type { Grant, Tokens } from './token.ts';

/** Versions of the resource providers' APIs; each knows all that this driver says. */
export const versions = {
  resources: '2021-04-01',
  subscriptions: '2022-12-01',
  skus: '2021-07-01',
  network: '2023-11-01',
  /** From 2024-03-01 on VMs know If-None-Match. */
  compute: '2024-03-01',
  /** Disks and snapshots have versions of their own. */
  disks: '2023-10-02',
  /** From 2024-07-01 on attaching tells what becomes of the disk when the VM goes. */
  attaching: '2024-07-01',
} as const;

export interface Order {
  /** The operation's id in the REST reference, e.g. `VirtualMachines_Start`. */
  api: string;
  resource: ResourceKind;
  name?: string;
  method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  /** Behind the endpoint; or a whole address that ARM gave us. */
  path: string;
  version?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: unknown;
  /** All but POST are where not said. */
  idempotent?: boolean;
}

/** A type of resource in our resource group. */
export interface Type {
  /** Provider and type, e.g. `Microsoft.Network/virtualNetworks`. */
  path: string;
  version: string;
  /** The operations' prefix in the REST reference. */
  operations: string;
  resource: ResourceKind;
}

const type = (path: string, version: string, operations: string, resource: ResourceKind): Type => ({
  path,
  version,
  operations,
  resource,
});
const { network, compute, disks } = versions;
export const types = {
  vnet: type('Microsoft.Network/virtualNetworks', network, 'VirtualNetworks', 'vpc'),
  nsg: type('Microsoft.Network/networkSecurityGroups', network, 'NetworkSecurityGroups', 'security-group'),
  nic: type('Microsoft.Network/networkInterfaces', network, 'NetworkInterfaces', 'vm'),
  address: type('Microsoft.Network/publicIPAddresses', network, 'PublicIPAddresses', 'vm'),
  /** The same, where it is the user's own. */
  publicIp: type('Microsoft.Network/publicIPAddresses', network, 'PublicIPAddresses', 'public-ip'),
  key: type('Microsoft.Compute/sshPublicKeys', compute, 'SshPublicKeys', 'key-pair'),
  vm: type('Microsoft.Compute/virtualMachines', compute, 'VirtualMachines', 'vm'),
  disk: type('Microsoft.Compute/disks', disks, 'Disks', 'disk'),
  snapshot: type('Microsoft.Compute/snapshots', disks, 'Snapshots', 'custom-image'),
  image: type('Microsoft.Compute/images', compute, 'Images', 'custom-image'),
} as const;

/** What all resources have. */
export interface Resource {
  id?: string;
  name: string;
  location?: string;
  etag?: string;
  tags?: Record<string, string>;
}

export interface Arm {
  readonly settings: Settings;
  send(call: Call, order: Order): Promise<Answer>;
  /** All of a list, part after part by `nextLink`; a resource group that is not there holds nothing. */
  all<T>(call: Call, order: Omit<Order, 'method'>): Promise<T[]>;
  /** Waits for what an answer began; returns the resource where it was a PUT. */
  finish(call: Call, order: Order, answer: Answer): Promise<unknown>;

  /** The following speak of resources in our resource group. Throws not_found for what can be no name. */
  pathOf(type: Type, name: string): string;
  read<T>(call: Call, type: Type, name: string, query?: Record<string, string>): Promise<T>;
  list<T>(call: Call, type: Type): Promise<T[]>;
  /** Those in our location. */
  listHere<T extends Resource>(call: Call, type: Type): Promise<T[]>;
  /** Creates or replaces; answers what ARM says when it has taken the order. */
  begin<T>(call: Call, type: Type, name: string, body: unknown): Promise<T>;
  /** Creates or replaces, and waits until it is done. */
  put<T>(call: Call, type: Type, name: string, body: unknown, headers?: Record<string, string>): Promise<T>;
  /** Deletes and waits until it is gone; succeeds where it is absent. */
  remove(call: Call, type: Type, name: string): Promise<void>;
}

export function createArm(settings: Settings, http: Http, tokens: Tokens, road: Road): Arm {
  const { subscriptionId, group, endpoint } = settings;
  const groupPath = `/subscriptions/${encodeURIComponent(subscriptionId)}/resourceGroups/${encodeURIComponent(group)}`;

  function pathOf(type: Type, name: string): string {
    // Also `.` and `..`, which an address would swallow. "Naming rules and restrictions for Azure resources".
    if (!/^[\w.()-]{1,90}$/.test(name) || /^\.+$/.test(name))
      throw new BaristaError(
        'not_found',
        `Azure has no ${type.resource} ${JSON.stringify(name.slice(0, 100))}.`,
      );
    return `${groupPath}/providers/${type.path}/${encodeURIComponent(name)}`;
  }

  async function send(call: Call, order: Order): Promise<Answer> {
    const { method, api, resource, name } = order;
    const request = {
      api,
      resource,
      ...(name !== undefined && { name }),
      idempotent: order.idempotent ?? method !== 'POST',
    };
    const url = address(endpoint, order);
    const once = (grant: Grant) =>
      road.send(request, call.signal, signal =>
        http.send(
          {
            method,
            url,
            headers: { authorization: `Bearer ${grant.token}`, ...order.headers },
            body: order.body,
          },
          signal,
        ),
      );
    const grant = await tokens.grant(call.signal);
    try {
      return await once(grant);
    } catch (error) {
      if (!hasCode(error, 'unauthenticated')) throw error;
      return once(await tokens.renew(call.signal, grant));
    }
  }

  async function all<T>(call: Call, order: Omit<Order, 'method'>): Promise<T[]> {
    const items: T[] = [];
    let next: Order | undefined = { ...order, method: 'GET' };
    while (next) {
      const body = (await send(call, next)).body as { value?: T[]; nextLink?: string } | undefined;
      items.push(...(body?.value ?? []));
      const { api, resource } = order;
      next = body?.nextLink ? { api, resource, method: 'GET', path: body.nextLink } : undefined;
    }
    return items;
  }

  function putOrder(type: Type, name: string, body: unknown, headers: Record<string, string> = {}): Order {
    const { version, operations, resource } = type;
    const api = `${operations}_CreateOrUpdate`;
    return { api, resource, name, method: 'PUT', path: pathOf(type, name), version, body, headers };
  }

  const arm: Arm = {
    settings,
    send,
    all,
    pathOf,
    finish: (call, order, answer) => finish(arm, call, order, answer),
    async read<T>(call: Call, type: Type, name: string, query = {}) {
      const { version, operations, resource } = type;
      const path = pathOf(type, name);
      const order = {
        api: `${operations}_Get`,
        resource,
        name,
        method: 'GET',
        path,
        version,
        query,
      } as const;
      return (await send(call, order)).body as T;
    },
    async list<T>(call: Call, type: Type) {
      const { version, operations, resource } = type;
      const path = `${groupPath}/providers/${type.path}`;
      const items = await orAbsent(all<T>(call, { api: `${operations}_List`, resource, path, version }));
      return items ?? [];
    },
    async listHere<T extends Resource>(call: Call, type: Type) {
      const all = await arm.list<T>(call, type);
      return all.filter(one => locationOf(one.location ?? settings.location) === settings.location);
    },
    begin: async <T>(call: Call, type: Type, name: string, body: unknown) =>
      (await send(call, putOrder(type, name, body))).body as T,
    async put<T>(call: Call, type: Type, name: string, body: unknown, headers = {}) {
      const order = putOrder(type, name, body, headers);
      return (await finish(arm, call, order, await send(call, order))) as T;
    },
    async remove(call, type, name) {
      const { version, operations, resource } = type;
      const path = pathOf(type, name);
      const order = { api: `${operations}_Delete`, resource, name, method: 'DELETE', path, version } as const;
      const answer = await orAbsent(send(call, order));
      if (answer) await finish(arm, call, order, answer);
    },
  };
  return arm;
}

/** Addresses that ARM gives (nextLink, Location) are asked at our endpoint, whatever host they name: tokens go nowhere else. */
function address(endpoint: string, { path, version, query }: Order): string {
  const given = /^https?:/.test(path) ? new URL(path) : undefined;
  const url = given
    ? new URL(given.pathname + given.search, endpoint)
    : new URL(endpoint.replace(/\/+$/, '') + path);
  if (version !== undefined) url.searchParams.set('api-version', version);
  for (const [key, value] of Object.entries(query ?? {})) url.searchParams.set(key, value);
  // URLSearchParams writes `+` for a blank; OData filters are read by strict decoders too.
  return url.href.replace(/\+/g, '%20');
}

/** The last part of an ARM id. */
export const nameOf = (id: string | undefined): string => id?.split('/').at(-1) ?? '';
/** ARM's names and ids keep their case and are compared without it; some providers answer in capitals. */
export const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
