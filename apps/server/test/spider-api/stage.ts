/** A server with a MOCK connection made over CB-Spider's API, and calls to it as upstream's clients make them. */
import assert from 'node:assert/strict';
import { newSuffix } from '@cloud-barista/model/ids';
import { openServer, type Server, type ServerOptions } from '../../src/server.ts';
import { send, type Answer, type Sent } from '../stage.ts';

type Json = Record<string, unknown>;
type Hooks = { after(fn: () => Promise<void>): void };

export interface SpiderStage {
  server: Server;
  /** Names a connection of a mock cloud of its own. */
  connection: string;
  mockName: string;
  raw: (method: string, path: string, options?: Sent) => Promise<Answer>;
  /** With the connection in the body; the answer's JSON, which must be a success. */
  ok: <T = Json>(method: string, path: string, body?: Json) => Promise<T>;
  /** POST of a ReqInfo. */
  create: <T = Json>(path: string, info: Json) => Promise<T>;
  /** Must fail with this status; the message. */
  fails: (status: number, method: string, path: string, body?: Json) => Promise<string>;
  /** VPC, security group and key pair; what a VM's ReqInfo is then made of. */
  ground: () => Promise<(name: string) => Json>;
}

export const keyValues = (values: Record<string, string>) =>
  Object.entries(values).map(([Key, Value]) => ({ Key, Value }));

export async function openSpiderStage(
  hooks: Hooks,
  options: ServerOptions & { region?: Record<string, string>; connection?: string } = {},
): Promise<SpiderStage> {
  const { region = {}, connection = 'mock-config01', ...rest } = options;
  const server = await openServer({ store: 'memory:', port: 0, ...rest });
  hooks.after(() => server.close());
  const mockName = `mock-${newSuffix()}`;
  const raw: SpiderStage['raw'] = (method, path, sent = {}) =>
    send(server.url, `/spider${path}`, { ...sent, method });
  const withConnection = (body: Json): Json => ({ ConnectionName: connection, ...body });
  const stage: SpiderStage = {
    server,
    connection,
    mockName,
    raw,
    async ok<T>(method: string, path: string, body: Json = {}) {
      const answer = await raw(method, path, { body: withConnection(body) });
      assert.equal(answer.status, 200, `${method} ${path}: ${answer.text}`);
      return answer.body as T;
    },
    create: (path, ReqInfo) => stage.ok('POST', path, { ReqInfo }),
    async fails(status, method, path, body = {}) {
      const answer = await raw(method, path, { body: withConnection(body) });
      assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
      const { message, ...others } = answer.body as { message: string };
      assert.deepEqual(others, {}, 'an error is a message and nothing else');
      assert.ok(typeof message === 'string' && message.length > 3, answer.text);
      return message;
    },
    async ground() {
      await stage.create('/vpc', {
        Name: 'vpc-01',
        IPv4_CIDR: '192.168.0.0/16',
        SubnetInfoList: [{ Name: 'subnet-01', IPv4_CIDR: '192.168.1.0/24' }],
      });
      await stage.create('/securitygroup', {
        Name: 'sg-01',
        VPCName: 'vpc-01',
        SecurityRules: [{ FromPort: '22', ToPort: '22', IPProtocol: 'tcp', Direction: 'inbound' }],
      });
      await stage.create('/keypair', { Name: 'keypair-01' });
      return Name => ({
        Name,
        ImageName: 'mock-vmimage-01',
        VMSpecName: 'mock-vmspec-01',
        VPCName: 'vpc-01',
        SubnetName: 'subnet-01',
        SecurityGroupNames: ['sg-01'],
        KeyPairName: 'keypair-01',
      });
    },
  };
  await stage.ok('POST', '/driver', {
    DriverName: 'mock-driver01',
    ProviderName: 'MOCK',
    DriverLibFileName: 'mock-driver-v1.0.so',
  });
  await stage.ok('POST', '/credential', {
    CredentialName: 'mock-credential01',
    ProviderName: 'MOCK',
    KeyValueInfoList: keyValues({ MockName: mockName }),
  });
  await stage.ok('POST', '/region', {
    RegionName: 'mock-region01',
    ProviderName: 'MOCK',
    KeyValueInfoList: keyValues({ Region: 'default', ...region }),
  });
  await stage.ok('POST', '/connectionconfig', {
    ConfigName: connection,
    ProviderName: 'MOCK',
    DriverName: 'mock-driver01',
    CredentialName: 'mock-credential01',
    RegionName: 'mock-region01',
  });
  return stage;
}
