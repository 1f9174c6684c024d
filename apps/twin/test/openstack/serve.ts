/** A bare HTTP server around the wire, and small hands for its tests. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Delays, CloudInput } from '../../src/world/clouds.ts';
import { createWorld } from '../../src/world/world.ts';
import { stableHex } from '../../src/wire/openstack/text.ts';
import { createOpenstackWire } from '../../src/wire/openstack/wire.ts';

export const noDelays: Delays = { create: 0, start: 0, stop: 0, reboot: 0, terminate: 0 };

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** Loosely typed: what an answer holds is what the tests are about. */
  body: Json;
}
/** Every word that the tests look for in an answer. */
type Word =
  | 'NeutronError'
  | 'OS-EXT-IPS:type'
  | 'OS-EXT-STS:power_state'
  | 'OS-EXT-STS:task_state'
  | 'OS-EXT-STS:vm_state'
  | 'absolute'
  | 'addresses'
  | 'allocation_pools'
  | 'application_credential'
  | 'attachment_id'
  | 'attachments'
  | 'availabilityZoneInfo'
  | 'badRequest'
  | 'base_image_ref'
  | 'block_device_mapping'
  | 'bootable'
  | 'catalog'
  | 'checksum'
  | 'code'
  | 'computeFault'
  | 'conflictingRequest'
  | 'count'
  | 'delete_on_termination'
  | 'description'
  | 'detail'
  | 'device'
  | 'device_id'
  | 'device_owner'
  | 'direction'
  | 'endpoints'
  | 'error'
  | 'expires_at'
  | 'extra_specs'
  | 'fault'
  | 'fingerprint'
  | 'fixed_ips'
  | 'flavor'
  | 'flavors'
  | 'floating_ip_address'
  | 'floatingip'
  | 'forbidden'
  | 'gateway_ip'
  | 'gigabytes'
  | 'href'
  | 'id'
  | 'image'
  | 'image_id'
  | 'image_name'
  | 'images'
  | 'instance_uuid'
  | 'in_use'
  | 'interfaceAttachment'
  | 'interfaceAttachments'
  | 'ip_address'
  | 'issued_at'
  | 'itemNotFound'
  | 'keypair'
  | 'limit'
  | 'limits'
  | 'maxTotalCores'
  | 'maxTotalVolumes'
  | 'message'
  | 'meta'
  | 'metadata'
  | 'min_disk'
  | 'min_version'
  | 'name'
  | 'mood'
  | 'net'
  | 'network'
  | 'networks'
  | 'networks_links'
  | 'next'
  | 'original_name'
  | 'os-extended-volumes:volumes_attached'
  | 'os_distro'
  | 'output'
  | 'overLimit'
  | 'port'
  | 'port_id'
  | 'ports'
  | 'private_key'
  | 'project'
  | 'quota_set'
  | 'region'
  | 'regions'
  | 'rel'
  | 'reservation_id'
  | 'retryAfter'
  | 'router'
  | 'router_id'
  | 'secret'
  | 'security_group'
  | 'security_group_rule'
  | 'security_group_rules'
  | 'security_groups'
  | 'server'
  | 'server_id'
  | 'servers'
  | 'servers_links'
  | 'size'
  | 'snapshot'
  | 'snapshot_id'
  | 'snapshots'
  | 'source_volid'
  | 'status'
  | 'subnet'
  | 'tags'
  | 'token'
  | 'totalGigabytesUsed'
  | 'totalInstancesUsed'
  | 'totalVolumesUsed'
  | 'total_count'
  | 'total_size'
  | 'type'
  | 'url'
  | 'user'
  | 'version'
  | 'versions'
  | 'visibility'
  | 'volume'
  | 'volume-summary'
  | 'volumeAttachment'
  | 'volumeAttachments'
  | 'volumeId'
  | 'volume_image_metadata'
  | 'volume_type'
  | 'volume_types'
  | 'volumes'
  | 'volumes_links'
  | 'remote_ip_prefix'
  | 'updated_at'
  | 'zoneName';
export type Json = { [K in Word]: Json } & Json[] & string;

export async function openTestCloud(input: Partial<CloudInput> = {}) {
  let offset = 0;
  /** Bugs that the wire met. */
  const errors: unknown[] = [];
  const world = createWorld({
    seed: 'test',
    now: () => Date.now() + offset,
    onError: error => errors.push(error),
  });
  const cloud = world.addCloud({ name: 'stack', kind: 'openstack', delays: noDelays, ...input });
  const wire = createOpenstackWire(world);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      assert.ok(wire.matches(request));
      void wire.handle(request, Buffer.concat(chunks), response);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [region = ''] = cloud.regions;
  const root = `${base}/openstack/${cloud.name}`;
  const projectId = stableHex(`${cloud.name}/project/demo`);
  const roots = {
    identity: `${root}/identity/v3`,
    compute: `${root}/${region}/compute/v2.1`,
    network: `${root}/${region}/network/v2.0`,
    image: `${root}/${region}/image/v2`,
    volume: `${root}/${region}/volume/v3/${projectId}`,
  };
  let token: string | undefined;

  /** `line` is e.g. `POST compute /servers`; a string is sent as it is. */
  async function call(line: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const [method = '', service = '', path = ''] = line.split(' ');
    const response = await fetch(`${roots[service as keyof typeof roots]}${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { 'x-auth-token': token }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = (response.headers.get('content-type') ?? '').startsWith('application/json');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (json && text !== '' ? JSON.parse(text) : null) as Json,
    };
  }

  const credentials = (password = cloud.credentials['password']) => ({
    auth: {
      identity: {
        methods: ['password'],
        password: { user: { name: 'admin', domain: { name: 'Default' }, password } },
      },
      scope: { project: { name: 'demo', domain: { id: 'default' } } },
    },
  });
  async function login(): Promise<string> {
    const answer = await call('POST identity /auth/tokens', credentials());
    assert.equal(answer.status, 201, answer.text);
    token = answer.headers.get('x-subject-token') ?? '';
    return token;
  }
  /** The answer's body, where its status is as expected. */
  async function want(
    status: number,
    line: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Json> {
    const answer = await call(line, body, headers);
    assert.equal(answer.status, status, `${line}: ${answer.text}`);
    return answer.body;
  }
  /** A turn of the event loop: with no delays, what is under way then has happened. */
  const settle = () => new Promise<void>(resolve => setImmediate(() => setImmediate(resolve)));

  return {
    world,
    wire,
    cloud,
    base,
    region,
    roots,
    call,
    want,
    credentials,
    errors,
    login,
    settle,
    advance(ms: number) {
      offset += ms;
    },
    useToken(next: string | undefined) {
      token = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
}
export type TestCloud = Awaited<ReturnType<typeof openTestCloud>>;

/** A network with a subnet behind a router that leads outside. */
export async function makeNetwork({ want }: Pick<TestCloud, 'want'>, cidr = '10.0.0.0/16') {
  const { network } = await want(201, 'POST network /networks', { network: { name: 'net' } });
  const { subnet } = await want(201, 'POST network /subnets', {
    subnet: { network_id: network['id'], ip_version: 4, cidr, name: 'subnet' },
  });
  const external = (await want(200, 'GET network /networks?router:external=true'))['networks'][0]?.['id'];
  const { router } = await want(201, 'POST network /routers', {
    router: { name: 'router', external_gateway_info: { network_id: external } },
  });
  await want(200, `PUT network /routers/${router['id']}/add_router_interface`, { subnet_id: subnet['id'] });
  return { network: network['id'], subnet: subnet['id'], router: router['id'], external: String(external) };
}
