/** The wire behind a bare HTTP server. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { alibaba } from '../../src/wire/alibaba/wire.ts';
import type { Cloud, CloudInput } from '../../src/world/clouds.ts';
import { createWorld, type Wire, type World } from '../../src/world/world.ts';
import { callNew, type Fields, type Keys, type Product, type Reply } from './client.ts';

export const region = 'ap-northeast-2';
export const zone = 'ap-northeast-2a';
export const image = 'ubuntu_22_04_x64_20G_alibase_20240101.vhd';
export const size = 'ecs.t6-c1m1.large';
const immediately = { create: 0, start: 0, stop: 0, reboot: 0, terminate: 0 };

export interface Twin {
  world: World;
  wire: Wire;
  cloud: Cloud;
  /** …/alibaba/<cloud> */
  base: string;
  keys: Keys;
  /** Answers 200, or fails. RegionId is added. */
  ok(product: Product, action: string, fields?: Fields): Promise<Reply['body']>;
  fails(product: Product, action: string, fields: Fields, code: string, status?: number): Promise<void>;
  close(): Promise<void>;
}

export async function startTwin(input: Partial<CloudInput> & { now?: () => number } = {}): Promise<Twin> {
  const { now, ...rest } = input;
  const problems: unknown[] = [];
  const world = createWorld({
    kinds: [alibaba],
    onError: error => problems.push(error),
    ...(now && { now }),
  });
  const wire = alibaba.open(world);
  const cloud = world.addCloud({ name: 'seoul', kind: 'alibaba', delays: immediately, ...rest });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (wire.matches(request)) void wire.handle(request, Buffer.concat(chunks), response);
      else response.writeHead(404).end();
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { credential, region: place } = wire.connection(
    cloud,
    region,
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  );
  const base = place['endpoint'] ?? '';
  const keys = { id: credential['accessKeyId'] ?? '', secret: credential['accessKeySecret'] ?? '' };
  const call = (product: Product, action: string, fields: Fields) =>
    callNew(base, product, action, { RegionId: region, ...fields }, keys);
  return {
    world,
    wire,
    cloud,
    base,
    keys,
    async ok(product, action, fields = {}) {
      const { status, body, text } = await call(product, action, fields);
      assert.equal(status, 200, `${action}: ${text}`);
      assert.match(body.RequestId, /^[0-9A-F-]{36}$/);
      return body;
    },
    async fails(product, action, fields, code, status) {
      const { body, text, ...rest } = await call(product, action, fields);
      assert.equal(body.Code, code, text);
      for (const name of ['RequestId', 'HostId', 'Message', 'Recommend']) assert.ok(body[name], name);
      if (status !== undefined) assert.equal(rest.status, status, text);
    },
    async close() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
      assert.deepEqual(problems, []);
    },
  };
}

/** A VPC with a vSwitch, a group that lets SSH in, and a key. */
export async function network(twin: Twin, block = '10.0.0.0/16') {
  const { VpcId } = await twin.ok('vpc', 'CreateVpc', { CidrBlock: block });
  const { VSwitchId } = await twin.ok('vpc', 'CreateVSwitch', {
    VpcId,
    ZoneId: zone,
    CidrBlock: block.replace('/16', '/24'),
  });
  const { SecurityGroupId } = await twin.ok('ecs', 'CreateSecurityGroup', { VpcId });
  await twin.ok('ecs', 'AuthorizeSecurityGroup', {
    SecurityGroupId,
    IpProtocol: 'tcp',
    PortRange: '22/22',
    SourceCidrIp: '0.0.0.0/0',
  });
  return { VpcId: String(VpcId), VSwitchId: String(VSwitchId), SecurityGroupId: String(SecurityGroupId) };
}
