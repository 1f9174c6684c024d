/** What tools ask before they call: which services and messages are there, and whether they are well. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it, test } from 'node:test';
import { promisify } from 'node:util';
import { credentials, makeGenericClientConstructor, Metadata } from '@grpc/grpc-js';
import protobuf, { type Type } from 'protobufjs';
import descriptor, { type IFileDescriptorProto } from 'protobufjs/ext/descriptor/index.js';
import { openStage } from '../stage.ts';
import { openClient, root } from './client.ts';

const stage = await openStage({ after });
const target = new URL(stage.server.url).host;
const { client } = openClient({ after }, stage.server.url);

/** The messages that are asked for and answered. Source: grpc/reflection/v1/reflection.proto. */
const messages = protobuf.parse(`syntax = "proto3";
message Request { string file_by_filename = 3; string file_containing_symbol = 4; string all_extension_numbers_of_type = 6; string list_services = 7; }
message Files { repeated bytes file_descriptor_proto = 1; }
message Service { string name = 1; }
message Services { repeated Service service = 1; }
message Failed { int32 error_code = 1; string error_message = 2; }
message Response { Files file_descriptor_response = 4; Services list_services_response = 6; Failed error_response = 7; }
message HealthCheckRequest { string service = 1; }
message HealthCheckResponse { int32 status = 1; }
`).root;
const requestType = messages.lookupType('Request');
const responseType = messages.lookupType('Response');
interface Response {
  fileDescriptorResponse?: { fileDescriptorProto: Uint8Array[] };
  listServicesResponse?: { service: { name: string }[] };
  errorResponse?: { errorCode: number };
}
function ask(version: string, ...requests: object[]): Promise<Response[]> {
  const call = client.makeBidiStreamRequest(
    `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
    (request: object) => Buffer.from(requestType.encode(request).finish()),
    (bytes: Buffer) => responseType.decode(bytes) as Response,
  );
  for (const request of requests) call.write(request);
  call.end();
  return new Promise((resolve, reject) => {
    const answers: Response[] = [];
    call.on('data', answer => answers.push(answer as Response));
    call.on('end', () => resolve(answers)).on('error', reject);
  });
}
const filesOf = (answer: Response | undefined) =>
  (answer?.fileDescriptorResponse?.fileDescriptorProto ?? []).map(
    bytes => descriptor.FileDescriptorProto.decode(bytes) as IFileDescriptorProto,
  );

for (const version of ['v1', 'v1alpha'])
  test(`reflection ${version}: services, files by symbol and by name`, async () => {
    const [list, symbol, file, none, extensions] = await ask(
      version,
      { listServices: '*' },
      { fileContainingSymbol: 'barista.v1.VpcService' },
      { fileByFilename: 'google/protobuf/struct.proto' },
      { fileContainingSymbol: 'barista.v1.Nothing' },
      { allExtensionNumbersOfType: 'barista.v1.Vpc' },
    );
    const services = list?.listServicesResponse?.service.map(({ name }) => name) ?? [];
    const wanted = Object.values((root.lookup('barista.v1') as protobuf.Namespace).nested ?? {})
      .filter(each => each instanceof protobuf.Service)
      .map(({ fullName }) => fullName.slice(1));
    assert.deepEqual(
      services.toSorted(),
      [
        ...wanted,
        'grpc.health.v1.Health',
        'grpc.reflection.v1.ServerReflection',
        'grpc.reflection.v1alpha.ServerReflection',
      ].toSorted(),
    );
    const [ours, struct] = filesOf(symbol);
    assert.equal(ours?.name, 'barista/v1/barista.proto');
    assert.deepEqual(ours?.dependency, ['google/protobuf/struct.proto']);
    assert.equal(struct?.name, 'google/protobuf/struct.proto');
    assert.equal(filesOf(file)[0]?.name, 'google/protobuf/struct.proto');
    assert.equal(none?.errorResponse?.errorCode, 5);
    assert.equal(extensions?.errorResponse?.errorCode, 5);
  });

test('what reflection tells is what the committed file says: each field’s number, name and type', async () => {
  const [answer] = await ask('v1', { fileContainingSymbol: 'barista.v1.Vpc.name' });
  const told = new Map(
    filesOf(answer)[0]?.messageType?.map(message => [message.name ?? '', message] as const),
  );
  const kept = Object.values((root.lookup('barista.v1') as protobuf.Namespace).nested ?? {}).filter(
    (each): each is Type => each instanceof protobuf.Type,
  );
  assert.deepEqual([...told.keys()].toSorted(), kept.map(({ name }) => name).toSorted());
  const snake = (name: string) => name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
  for (const type of kept)
    assert.deepEqual(
      told
        .get(type.name)
        ?.field?.map(({ name, number }) => `${name} ${number}`)
        .toSorted() ?? [],
      type.fieldsArray.map(({ name, id }) => `${snake(name)} ${id}`).toSorted(),
      type.name,
    );
});

test('the health of the server and of each service; what is not there is unknown', async () => {
  const Health = makeGenericClientConstructor(
    Object.fromEntries(
      ['Check', 'Watch'].map(name => [
        name,
        {
          path: `/grpc.health.v1.Health/${name}`,
          requestStream: false,
          responseStream: name === 'Watch',
          requestSerialize: (request: object) =>
            Buffer.from(messages.lookupType('HealthCheckRequest').encode(request).finish()),
          requestDeserialize: (bytes: Buffer) => bytes,
          responseSerialize: (bytes: Buffer) => bytes,
          responseDeserialize: (bytes: Buffer) => messages.lookupType('HealthCheckResponse').decode(bytes),
        },
      ]),
    ),
    'Health',
  );
  const health = new Health(target, credentials.createInsecure());
  after(() => health.close());
  const check = (service: string) =>
    new Promise((resolve, reject) =>
      health['Check']?.({ service }, new Metadata(), (error: Error | null, answer: { status: number }) =>
        error ? reject(error) : resolve(answer.status),
      ),
    );
  assert.equal(await check(''), 1);
  assert.equal(await check('barista.v1.VmService'), 1);
  await assert.rejects(check('barista.v1.Nothing'), { code: 5 });
  for (const [service, wanted] of [
    ['barista.v1.VmService', 1],
    ['nothing', 3],
  ] as const) {
    const watch = health['Watch']?.({ service }) as ReturnType<typeof client.makeServerStreamRequest>;
    const answer = await new Promise(resolve => watch.once('data', resolve));
    assert.equal((answer as { status: number }).status, wanted);
    watch.on('error', () => {});
    watch.cancel();
  }
});

const python = '/usr/bin/python3';
const skip =
  existsSync('/usr/lib/python3/dist-packages/grpc') || process.env['CI'] === 'true'
    ? false
    : 'python3-grpcio is not installed: apt-get install --no-install-recommends python3-grpcio python3-protobuf';
const run = promisify(execFile);

describe("gRPC's Python client, which knows only the address", { skip }, () => {
  async function call(
    what: string,
    input: object = {},
    ...metadata: string[]
  ): Promise<Record<string, never>[]> {
    const { stdout } = await run(
      python,
      ['-B', join(import.meta.dirname, 'grpcurl.py'), target, what, JSON.stringify(input), ...metadata],
      { env: { PATH: process.env['PATH'] } },
    );
    return stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, never>);
  }
  it('lists the services', async () => {
    const [services] = (await call('list')) as unknown as [string[]];
    assert.ok(services.includes('barista.v1.McisService'));
  });
  it('makes an MCIS from nothing, reads it, watches, and is told what is wrong', async () => {
    const values = { mockName: 'python' };
    await call('barista.v1.CredentialService/Create', { body: { name: 'c', driver: 'memory', values } });
    await call('barista.v1.RegionService/Create', { body: { name: 'c', driver: 'memory' } });
    await call('barista.v1.ConnectionService/Create', {
      body: { name: 'c', driver: 'memory', credential: 'c', region: 'c' },
    });
    const groups = [{ name: 'web', size: 2, connection: 'c', image: 'ubuntu-22.04' }];
    const input = { namespace: 'default', body: { name: 'm', groups } };
    const [made] = await call('barista.v1.McisService/Create', input, 'prefer:wait=30');
    assert.equal(made?.['state'], 'succeeded');
    assert.equal((made?.['result'] as { status: string } | undefined)?.status, 'Running 2/2');
    const [read] = await call('barista.v1.McisService/Get', { namespace: 'default', mcis: 'm' });
    assert.equal((read?.['vms'] as object[] | undefined)?.length, 2);
    const [change] = await call('barista.v1.WatchService/Stream', { kind: 'mcis', from: 1 }, '-1');
    assert.equal(change?.['name'], 'default/m');
    const [again] = await call('barista.v1.McisService/Create', input);
    assert.equal(again?.['code'], 'ALREADY_EXISTS');
    const [wrong] = await call('barista.v1.McisService/Create', {
      namespace: 'default',
      body: { name: 'n', groups, onFailure: 'kep' },
    });
    assert.equal(wrong?.['code'], 'INVALID_ARGUMENT');
    assert.equal((wrong?.['details'] as { where: string }[] | undefined)?.[0]?.where, 'onFailure');
  });
});
