/** /v2.1/servers: create, list, show, change, delete. Source: Compute API, "Servers". */
import { formatAddress } from '@cloud-barista/model/cidr';
import { isObject, jsonBody, type SiteCall } from '../call.ts';
import { badRequest } from '../errors.ts';
import { noContent, ok, type Reply } from '../reply.ts';
import type { Server } from '../records.ts';
import { route, type SiteRoute } from '../router.ts';
import type { Site } from '../site.ts';
import * as input from './input.ts';
import { cut, nextLink, pagesOf } from './pages.ts';
import { matcher } from './pattern.ts';
import { endServer } from './server-end.ts';
import { makeServers } from './server-records.ts';
import { readServer } from './server-request.ts';
import { briefView, linksTo, serverView } from './server-view.ts';
import { noServer, stateOf } from './state.ts';

export function findServer(site: Site, id: string): Server {
  const server = site.servers.get(id);
  if (!server) throw noServer(id);
  return server;
}

function create(call: SiteCall): Reply {
  const { world, account, endpoint } = call;
  const request = readServer(call);
  const { servers, reservation } = makeServers(call, request);
  const [server] = servers;
  if (!server) throw badRequest('min_count must be at least 1');
  if (request.returnReservation) return { status: 202, body: { reservation_id: reservation } };
  return {
    status: 202,
    headers: { location: `${endpoint}/v2.1/servers/${server.id}` },
    body: {
      server: {
        id: server.id,
        links: linksTo(call, 'servers', server.id),
        'OS-DCF:diskConfig': server.options.diskConfig,
        security_groups: request.groupWords.map(name => ({ name })),
        adminPass: request.adminPass ?? world.random.hex(`${account.cloud.name}/admin-pass`, 12),
      },
    },
  };
}

const time = (text: string, key: string): number => {
  const ms = Date.parse(text);
  if (Number.isNaN(ms))
    throw badRequest(
      `Invalid input for query parameters ${key}. Value: ${text.slice(0, 64)}. '${text.slice(0, 64)}' is not a 'date-time'`,
    );
  return ms;
};
const tagsOf = (value: string) => value.split(',');

/** Not what every object has by itself. */
const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

type Test = (server: Server) => boolean;
const filters: Readonly<Record<string, (value: string, call: SiteCall) => Test>> = {
  name: value => {
    const match = matcher(value);
    return server => match(server.name);
  },
  hostname: value => {
    const match = matcher(value);
    return server => match(server.hostname);
  },
  status: value => {
    const wanted = value.toUpperCase();
    return server => stateOf(server).status === wanted;
  },
  vm_state: value => server => stateOf(server).vm === value,
  task_state: value => server => stateOf(server).task === value,
  power_state: value => server => String(stateOf(server).power) === value,
  image: value => server => server.imageId === value.split('/').at(-1),
  flavor: value => server => server.flavor.id === value.split('/').at(-1),
  uuid: value => server => server.id === value,
  key_name: value => server => server.keyName === value,
  reservation_id: value => server => server.reservation === value,
  host: value => server => server.options.host === value && server.machine !== undefined,
  availability_zone: (value, call) => () => value === call.site.zone,
  project_id: (value, call) => () => value === call.account.projectId,
  tenant_id: (value, call) => () => value === call.account.projectId,
  user_id: (value, call) => () => value === call.account.userId,
  locked: (value, call) => server => call.version < 73 || server.options.locked === /^(true|1)$/i.test(value),
  deleted: value => () => !/^(true|1)$/i.test(value),
  ip: value => {
    const match = matcher(value);
    return server => server.ports.some(port => port.fixedIps.some(ip => match(formatAddress(ip.address))));
  },
  'changes-since': value => {
    const since = time(value, 'changes-since');
    return server => changedAt(server) >= since;
  },
  'changes-before': value => {
    const before = time(value, 'changes-before');
    return server => changedAt(server) <= before;
  },
  metadata: value => {
    let wanted: unknown;
    try {
      wanted = JSON.parse(value);
    } catch {
      throw badRequest(`Invalid filter value: metadata must be a JSON object, not ${value.slice(0, 64)}`);
    }
    const entries = isObject(wanted) ? Object.entries(wanted) : [];
    return server => entries.every(([key, each]) => server.metadata[key] === each);
  },
};
/** Since 2.26. */
const tagFilters: Readonly<Record<string, (value: string) => Test>> = {
  tags: value => server => tagsOf(value).every(tag => server.tags.includes(tag)),
  'tags-any': value => server => tagsOf(value).some(tag => server.tags.includes(tag)),
  'not-tags': value => server => !tagsOf(value).every(tag => server.tags.includes(tag)),
  'not-tags-any': value => server => !tagsOf(value).some(tag => server.tags.includes(tag)),
};

/** Milliseconds are cut off: Nova's times are whole seconds. */
const changedAt = (server: Server) =>
  Math.floor(Math.max(server.updatedAt, server.machine?.bootedAt ?? 0) / 1000) * 1000;

function list(call: SiteCall, path: string, view: (call: SiteCall, server: Server) => unknown): Reply {
  const tests: Test[] = [];
  for (const key of new Set(call.query.keys())) {
    const make = own(filters, key) ?? (call.version >= 26 ? own(tagFilters, key) : undefined);
    if (make) {
      const any = call.query.getAll(key).map(value => make(value, call));
      const [only] = any;
      tests.push(any.length === 1 && only ? only : server => any.some(test => test(server)));
    }
  }
  const all = [...call.site.servers.values()];
  const rows = tests.length === 0 ? all : all.filter(server => tests.every(test => test(server)));
  sort(call, rows);
  const { page, more } = cut(rows, pagesOf(call), server => server.id);
  return ok({
    servers: page.map(server => view(call, server)),
    ...(more && { servers_links: nextLink(call, path, page.at(-1)?.id ?? '') }),
  });
}

/** Null: a key that Nova knows, and that is the same, or nothing, in all servers here. */
const sortKeys: Readonly<Record<string, ((server: Server) => string | number) | null>> = {
  access_ip_v4: null,
  access_ip_v6: null,
  auto_disk_config: server => server.options.diskConfig,
  availability_zone: null,
  config_drive: server => server.options.configDrive,
  created_at: server => server.n,
  display_description: server => server.options.description ?? '',
  display_name: server => server.name,
  host: server => server.options.host,
  hostname: server => server.hostname,
  image_ref: server => server.imageId ?? '',
  instance_type_id: server => server.flavor.id,
  kernel_id: null,
  key_name: server => server.keyName ?? '',
  launch_index: server => server.launchIndex,
  launched_at: server => server.machine?.bootedAt ?? 0,
  locked_by: null,
  node: server => server.options.host,
  power_state: server => stateOf(server).power,
  progress: null,
  project_id: null,
  ramdisk_id: null,
  root_device_name: null,
  task_state: server => stateOf(server).task ?? '',
  terminated_at: null,
  updated_at: server => server.updatedAt,
  user_id: null,
  uuid: server => server.id,
  vm_state: server => stateOf(server).vm,
  architecture: null,
  cell_name: null,
  cleaned: null,
  default_ephemeral_device: null,
  default_swap_device: null,
  deleted: null,
  deleted_at: null,
  disable_terminate: null,
  ephemeral_gb: null,
  ephemeral_key_uuid: null,
  id: server => server.n,
  key_data: null,
  launched_on: null,
  locked: server => String(server.options.locked),
  memory_mb: server => server.flavor.ram,
  os_type: null,
  reservation_id: server => server.reservation,
  root_gb: server => server.flavor.disk,
  shutdown_terminate: null,
  user_data: null,
  vcpus: server => server.flavor.vcpus,
  vm_mode: null,
};

/** Newest first, unless asked otherwise. */
function sort(call: SiteCall, rows: Server[]): void {
  const keys = call.query.getAll('sort_key');
  if (keys.length === 0) {
    rows.reverse();
    return;
  }
  const directions = call.query.getAll('sort_dir');
  const by = keys.map((key, index) => {
    const read = own(sortKeys, key);
    if (read === undefined)
      throw badRequest(
        `Invalid input for query parameters sort_key. Value: ${key}. '${key}' is not one of [${Object.keys(
          sortKeys,
        )
          .map(each => `'${each}'`)
          .join(', ')}]`,
      );
    return { read: read ?? (() => 0), sign: directions[index] === 'asc' ? 1 : -1 };
  });
  rows.sort((a, b) => {
    for (const { read, sign } of by) {
      const [left, right] = [read(a), read(b)];
      if (left !== right) return (left < right ? -1 : 1) * sign;
    }
    return b.n - a.n;
  });
}

function update(call: SiteCall): Reply {
  const server = findServer(call.site, call.id);
  const given = input.member(jsonBody(call), 'server');
  for (const key of Object.keys(given))
    if (
      !['name', 'accessIPv4', 'accessIPv6', 'OS-DCF:diskConfig'].includes(key) &&
      !(key === 'description' && call.version >= 19)
    )
      throw input.unexpected('server', key, given);
  if (given['name'] !== undefined) server.name = input.name(given['name']);
  if (given['description'] !== undefined)
    server.options = {
      ...server.options,
      description: input.optionalText(given, 'description', 255) ?? null,
    };
  server.updatedAt = call.world.now();
  return ok({ server: serverView(call, server) });
}

export const serverRoutes: readonly SiteRoute[] = [
  route('GET /servers', call => list(call, '/servers', briefView)),
  route('GET /servers/detail', call => list(call, '/servers/detail', serverView)),
  route('POST /servers', create, { createsVm: true }),
  route('GET /servers/{}', call => ok({ server: serverView(call, findServer(call.site, call.id)) })),
  route('PUT /servers/{}', update),
  route('DELETE /servers/{}', call => {
    endServer(call.world, call.site, findServer(call.site, call.id));
    return noContent;
  }),
];
