/** A bare HTTP server around the wire, and a client of Cloudit's REST form as its public driver writes it, for the tests. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CloudInput, Delays } from '../../src/world/clouds.ts';
import { createWorld } from '../../src/world/world.ts';
import { cloudit } from '../../src/wire/cloudit/wire.ts';

export const noDelays: Delays = { create: 0, start: 0, stop: 0, reboot: 0, terminate: 0 };

/** Loosely typed: what an answer holds is what the tests are about. */
type Word =
  | 'addr'
  | 'adaptiveIp'
  | 'arch'
  | 'bootable'
  | 'code'
  | 'cpu'
  | 'createdAt'
  | 'description'
  | 'dev'
  | 'disk'
  | 'enabled'
  | 'id'
  | 'ip'
  | 'mac'
  | 'mem'
  | 'message'
  | 'name'
  | 'networkName'
  | 'nicCount'
  | 'os'
  | 'port'
  | 'prefix'
  | 'privateIp'
  | 'protection'
  | 'protocol'
  | 'rootPassword'
  | 'rules'
  | 'rulesCount'
  | 'secgroup_id'
  | 'secgroupId'
  | 'secgroupMapInfo'
  | 'serverName'
  | 'size'
  | 'spec'
  | 'state'
  | 'subnetAddr'
  | 'target'
  | 'template'
  | 'templateId'
  | 'tenantId'
  | 'type'
  | 'vmId'
  | 'vmName'
  | 'volumeId'
  | 'volumeName'
  | 'volumeSize';
export type Json = { [K in Word]: Json } & Json[] & string;

export async function openTestCloud(input: Partial<CloudInput> = {}) {
  /** Bugs that the wire met. */
  const errors: unknown[] = [];
  const world = createWorld({ seed: 'test', kinds: [cloudit], onError: error => errors.push(error) });
  const cloud = world.addCloud({ name: 'innogrid', kind: 'cloudit', delays: noDelays, ...input });
  const wire = cloudit.open(world);
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
  const { credential } = wire.connection(cloud, cloud.regions[0] ?? '', base);
  const { identityEndpoint = '', authToken = '', tenantId = '' } = credential;

  interface How {
    token?: string | undefined;
    tenant?: string;
    endpoint?: string;
    version?: string;
    type?: string;
    signal?: AbortSignal;
  }
  /** `line` is e.g. `POST ace servers`; a string is sent as it is. */
  async function call(line: string, body?: unknown, how: How = {}) {
    const [method = '', engine = '', ...path] = line.split(' ');
    const {
      endpoint = identityEndpoint,
      version = 'v5.0',
      tenant = tenantId,
      type = 'application/json',
    } = how;
    const token = 'token' in how ? how.token : authToken;
    const response = await fetch(
      `${endpoint}/cloudit/${version}/${engine}/v1.0/${tenant}/${path.join('%20')}`,
      {
        method,
        headers: {
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': type }),
          ...(token !== undefined && { 'x-auth-token': token }),
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        ...(how.signal && { signal: how.signal }),
      },
    );
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (text === '' ? null : JSON.parse(text)) as Json,
    };
  }
  /** The answer's body, where its status is as expected. */
  async function want(status: number, line: string, body?: unknown, how?: How): Promise<Json> {
    const answer = await call(line, body, how);
    assert.equal(answer.status, status, `${line}: ${answer.text}`);
    return answer.body;
  }
  /** A list's entries. */
  const rows = async (line: string): Promise<Json[]> => want(200, line);
  /** A turn of the event loop: with no delays, what is under way then has happened. */
  const settle = () => new Promise<void>(resolve => setImmediate(() => setImmediate(resolve)));
  const named = async (line: string, name: string): Promise<Json> => {
    const found = (await rows(line)).find(each => each['name'] === name);
    assert.ok(found, `${line} has ${name}`);
    return found;
  };

  async function makeSubnet(addr = '10.0.8.0', name = 'net'): Promise<Json> {
    return want(201, 'POST dna subnets', { name, addr, prefix: '22', gateway: '', protection: 0 });
  }
  async function orderFor(more: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const [template, spec, group] = await Promise.all([
      named('GET ace templates', 'Ubuntu 18.04'),
      named('GET ace specs', 'small-2'),
      named('GET iam securitygroups', 'SSH'),
    ]);
    return {
      templateId: template['id'],
      specId: spec['id'],
      name: 'web-1',
      hostName: 'web-1',
      rootPassword: 'qwe1212!Q',
      subnetAddr: '10.0.0.0',
      secgroups: [{ id: group['id'] }],
      description: '',
      protection: 0,
      ...more,
    };
  }
  async function makeServer(more: Record<string, unknown> = {}): Promise<Json> {
    const { id } = await want(202, 'POST ace servers', await orderFor(more));
    await settle();
    return want(200, `GET ace servers/${id}`);
  }
  /** The first free address, put before the server's. */
  async function associate(one: Json): Promise<Json> {
    const [free] = await want(200, 'GET dna ips');
    return want(201, 'POST dna adaptive-ips', {
      ip: free?.['addr'],
      name: one['name'],
      privateIp: one['privateIp'],
      protection: 0,
    });
  }

  return {
    world,
    wire,
    cloud,
    base,
    identityEndpoint,
    errors,
    call,
    want,
    rows,
    settle,
    named,
    makeSubnet,
    makeServer,
    orderFor,
    associate,
    async close() {
      server.closeAllConnections();
      await new Promise<void>(resolve => server.close(() => resolve()));
      assert.deepEqual(errors, []);
    },
  };
}
export type TestCloud = Awaited<ReturnType<typeof openTestCloud>>;
