/**
 * One shell script of curl calls over CB-Spider's API (examples/spider/full-test.sh), unchanged on every cloud, three values
 * changed: what is registered, the image, the spec. The clouds are the Twin's, at their own wire; Docker is a real engine.
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createClient, type Client } from '@cloud-barista/api/client';
import { openServer, type Server } from '@cloud-barista/server/server';
import { openTwin, type Twin } from '@cloud-barista/twin/twin';
import { image as dockerImage, missing, openTestEngine } from '../drivers/docker/test/engine.ts';
import { noDelays, standing } from './world.ts';

const script = fileURLToPath(new URL('../examples/spider/full-test.sh', import.meta.url));
const mock = fileURLToPath(new URL('../examples/spider/mock', import.meta.url));

/** Our keys by upstream's names of 2020 for them. */
const theirKeys: Record<string, { provider: string; keys: Record<string, string> }> = {
  aws: { provider: 'AWS', keys: { accessKeyId: 'ClientId', secretAccessKey: 'ClientSecret' } },
  azure: {
    provider: 'AZURE',
    keys: {
      clientId: 'ClientId',
      clientSecret: 'ClientSecret',
      tenantId: 'TenantId',
      subscriptionId: 'SubscriptionId',
      region: 'location',
    },
  },
  gcp: {
    provider: 'GCP',
    keys: { privateKey: 'PrivateKey', projectId: 'ProjectID', clientEmail: 'ClientEmail' },
  },
  alibaba: { provider: 'ALIBABA', keys: { accessKeyId: 'ClientId', accessKeySecret: 'ClientSecret' } },
  openstack: {
    provider: 'OPENSTACK',
    keys: {
      authUrl: 'IdentityEndpoint',
      username: 'Username',
      password: 'Password',
      domain: 'DomainName',
      projectId: 'ProjectID',
    },
  },
  cloudit: {
    provider: 'CLOUDIT',
    keys: {
      identityEndpoint: 'IdentityEndpoint',
      authToken: 'AuthToken',
      username: 'Username',
      password: 'Password',
      tenantId: 'TenantId',
    },
  },
  docker: { provider: 'DOCKER', keys: { host: 'Host' } },
};

type Values = Record<string, string>;
let dir: string;
let server: Server;
let client: Client;

/** A directory of what upstream's client registers for a connection. */
async function registration(driver: string, credential: Values, region: Values): Promise<string> {
  const known = theirKeys[driver];
  assert.ok(known, driver);
  const { provider: ProviderName, keys } = known;
  const list = (values: Values) =>
    Object.entries(values).map(([key, Value]) => ({
      Key: keys[key] ?? { region: 'Region', zone: 'Zone' }[key] ?? key,
      Value,
    }));
  const [DriverName, CredentialName, RegionName] = [
    `${driver}-driver01`,
    `${driver}_Credential.01`,
    `${driver}-region01`,
  ];
  const files = {
    driver: { DriverName, ProviderName, DriverLibFileName: `${driver}-driver-v1.0.so` },
    credential: { CredentialName, ProviderName, KeyValueInfoList: list(credential) },
    region: { RegionName, ProviderName, KeyValueInfoList: list(region) },
    connectionconfig: {
      ConfigName: `${driver}-Config01`,
      ProviderName,
      DriverName,
      CredentialName,
      RegionName,
    },
  };
  const path = join(dir, driver);
  await mkdir(path);
  for (const [name, body] of Object.entries(files))
    await writeFile(join(path, `${name}.json`), JSON.stringify(body));
  return path;
}

type Choice = Record<'image' | 'spec', { id: string; name: string }>;
/** An image and a small spec of the cloud. */
async function choose(driver: string, credential: Values, region: Values) {
  const name = `choose-${driver}`;
  await client.call('credential.create', { body: { name, driver, values: credential } });
  await client.call('region.create', { body: { name, driver, values: region } });
  await client.call('connection.create', { body: { name, driver, credential: name, region: name } });
  const images = await client.call('image.list', { connection: name, search: 'ubuntu-22.04' });
  const image = images.items.find(one => one.available && one.architecture !== 'arm64');
  assert.ok(image, `${driver} has no Ubuntu 22.04`);
  const specs = await client.call('spec.list', { connection: name, limit: 200 });
  const spec = specs.items.find(
    one =>
      one.gpus.length === 0 &&
      one.architecture !== 'arm64' &&
      one.memoryMib >= 512 &&
      (one.diskGb === 0 || one.diskGb >= image.minDiskGb),
  );
  assert.ok(spec, `${driver} has no spec`);
  return { image, spec };
}

/** As upstream's users name an image and a spec of each cloud. */
const byId = ({ image, spec }: Choice) => [image.id, spec.id];
const named: Record<string, (choice: Choice) => string[]> = {
  aws: byId,
  azure: byId,
  gcp: ({ image, spec }) => [`https://www.googleapis.com/compute/v1/${image.id}`, spec.id],
  alibaba: byId,
  openstack: ({ image, spec }) => [image.name, spec.name],
  cloudit: byId,
};

async function run(cloud: string, image: string, spec: string, form: 'body' | 'query'): Promise<void> {
  const { upstream } = server;
  const { stdout } = await promisify(execFile)(script, [cloud, image, spec], {
    env: { ...process.env, SPIDER: upstream.spider, FORM: form, POLL: '0.05' },
  }).catch((error: Error & { stdout?: string; stderr?: string }) => {
    throw new Error(`${error.stderr ?? error.message}\n${error.stdout ?? ''}`);
  });
  assert.match(stdout, new RegExp(`^OK .* \\(${form} form\\)$`, 'm'));
}
const forms = ['body', 'query'] as const;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'barista-script-'));
  server = await openServer({ store: 'memory:', port: 0, upstreamPorts: { spider: 0 } });
  client = createClient({ url: server.url });
});
after(async () => {
  await server.close();
  await rm(dir, { recursive: true, force: true });
});

describe('the script on MOCK', () => {
  for (const form of forms) it(form, () => run(mock, 'mock-vmimage-01', 'mock-vmspec-01', form));
});

/** As Keystone tells it. */
async function projectIdOf({ authUrl, username, password, domain, project }: Values): Promise<string> {
  const user = { name: username, password, domain: { name: domain } };
  const answer = await fetch(`${authUrl}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: { methods: ['password'], password: { user } },
        scope: { project: { name: project, domain: { name: domain } } },
      },
    }),
  });
  assert.equal(answer.status, 201);
  return ((await answer.json()) as { token: { project: { id: string } } }).token.project.id;
}

describe('the script on the Twin', () => {
  let twin: Twin;
  before(async () => {
    twin = await openTwin({ port: 0, ssh: 0 });
  });
  after(() => twin.close());
  for (const kind of ['aws', 'azure', 'gcp', 'alibaba', 'openstack', 'cloudit'])
    it(kind, { timeout: 120_000 }, async () => {
      twin.world.addCloud({ name: kind, kind, delays: noDelays });
      const answer = await fetch(`${twin.url}/twin/v1/clouds/${kind}/connection`);
      const { credential, region } = (await answer.json()) as { credential: Values; region: Values };
      const [image, spec] = named[kind]?.(await choose(kind, credential, region)) ?? [];
      assert.ok(image !== undefined && spec !== undefined);
      const before = standing(twin)[kind];
      // Upstream's users give the project's id.
      const { project, ...rest } = credential;
      const theirs =
        project === undefined ? rest : { ...rest, projectId: await projectIdOf({ ...rest, project }) };
      const cloud = await registration(kind, theirs, region);
      for (const form of forms) await run(cloud, image, spec, form);
      assert.deepEqual(standing(twin)[kind], before, 'something is left in the cloud');
    });
});

describe('sshrun and the port check', () => {
  it('reach a VM by the key that was given once', { timeout: 120_000 }, async () => {
    const twin = await openTwin({ port: 0, ssh: 0 });
    try {
      twin.world.addCloud({ name: 'ssh', kind: 'aws', delays: noDelays });
      const answer = await fetch(`${twin.url}/twin/v1/clouds/ssh/connection`);
      const values = (await answer.json()) as { driver: string; credential: Values; region: Values };
      const connection = 'over-ssh';
      const parts = { driver: values.driver, credential: connection, region: connection };
      for (const part of ['credential', 'region'] as const)
        await client.call(`${part}.create`, {
          body: { name: connection, driver: values.driver, values: values[part] },
        });
      await client.call('connection.create', { body: { name: connection, ...parts } });
      const call = async (method: string, path: string, body?: object) => {
        const reply = await fetch(`${server.upstream.spider}${path}`, {
          method,
          ...(body && {
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ ConnectionName: connection, ...body }),
          }),
        });
        return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
      };
      const { items } = await client.call('spec.list', { connection, limit: 200 });
      const spec = items.find(one => one.architecture === 'x86_64' && one.memoryMib >= 512);
      await call('POST', '/vpc', {
        ReqInfo: {
          Name: 'vpc-01',
          IPv4_CIDR: '10.0.0.0/16',
          SubnetInfoList: [{ Name: 'subnet-01', IPv4_CIDR: '10.0.1.0/24' }],
        },
      });
      const rule = { FromPort: '22', ToPort: '22', IPProtocol: 'tcp', Direction: 'inbound' };
      await call('POST', '/securitygroup', {
        ReqInfo: { Name: 'sg-01', VPCName: 'vpc-01', SecurityRules: [rule] },
      });
      const key = await call('POST', '/keypair', { ReqInfo: { Name: 'keypair-01' } });
      const vm = await call('POST', '/vm', {
        ReqInfo: {
          Name: 'vm-01',
          ImageName: 'ubuntu-22.04',
          VMSpecName: spec?.id,
          VPCName: 'vpc-01',
          SubnetName: 'subnet-01',
          SecurityGroupNames: ['sg-01'],
          KeyPairName: 'keypair-01',
        },
      });
      assert.equal(vm.status, 200, JSON.stringify(vm.body));
      const ServerPort = String(vm.body['SSHAccessPoint']);
      const [HostName, Port] = ServerPort.split(':');
      const checked = await call('GET', `/check/tcp?HostName=${HostName}&Port=${Port}`);
      assert.deepEqual(checked.body, { message: `Success: TCP port ${Port} is open on ${HostName}` });
      const order = {
        UserName: vm.body['VMUserId'],
        PrivateKey: String(key.body['PrivateKey']).split('\n'),
        ServerPort,
      };
      const ran = await call('POST', '/sshrun', { ...order, Command: 'echo here; id -un' });
      assert.deepEqual(ran, { status: 200, body: 'here\nubuntu\n' as never });
      const failed = await call('POST', '/sshrun', { ...order, Command: 'exit 3' });
      assert.match(
        String(failed.body['message']),
        /^Error while running cmd: exit 3\]Process exited with status 3/,
      );
      const stranger = await call('POST', '/sshrun', { ...order, PrivateKey: ['nonsense'], Command: 'id' });
      assert.ok(stranger.status >= 400);
      assert.ok(!JSON.stringify(stranger.body).includes('nonsense'));
      const destroyed = await call('DELETE', '/destroy', {});
      assert.equal(destroyed.body['IsAllDestroyed'], true, JSON.stringify(destroyed.body));
    } finally {
      await twin.close();
    }
  });
});

const reason = missing();
const skip = reason !== undefined && process.env['CI'] === undefined ? reason : false;
it('the script on a real Docker Engine', { skip, timeout: 900_000 }, async () => {
  const engine = await openTestEngine();
  try {
    const credential = { host: `unix://${engine.socket}` };
    const { spec } = await choose('docker', credential, {});
    const cloud = await registration('docker', credential, { region: 'default' });
    for (const form of forms) await run(cloud, dockerImage, spec.id, form);
    const docker = (...args: string[]) =>
      execFileSync('docker', ['-H', credential.host, ...args])
        .toString()
        .trim();
    assert.equal(docker('ps', '-aq'), '');
    assert.equal(docker('volume', 'ls', '-q'), '');
    assert.equal(docker('network', 'ls', '-q', '--filter', 'type=custom'), '');
  } finally {
    await engine.close();
  }
});
