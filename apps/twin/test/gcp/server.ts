/** A bare HTTP server around the wire, and small hands for its tests: one that signs assertions, one that calls and waits. */
import assert from 'node:assert/strict';
import { createSign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CloudInput, Delays } from '../../src/world/clouds.ts';
import { createWorld } from '../../src/world/world.ts';
import { gcp } from '../../src/wire/gcp/wire.ts';

export const noDelays: Delays = { create: 0, start: 0, stop: 0, reboot: 0, terminate: 0 };
export const compute = 'https://www.googleapis.com/auth/compute';
export const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJhJdp07gEEyNQ6K2aHe2kNkQG9Ck3xqsKfmfWpIIKqL';

/** Every word that the tests look for in an answer. */
type Word =
  | 'acceleratorCount'
  | 'accelerators'
  | 'acceleratorType'
  | 'access_token'
  | 'accessConfigs'
  | 'address'
  | 'addressType'
  | 'architecture'
  | 'archiveSizeBytes'
  | 'autoCreateSubnetworks'
  | 'autoDelete'
  | 'boot'
  | 'category'
  | 'code'
  | 'commonInstanceMetadata'
  | 'contents'
  | 'cpuPlatform'
  | 'currencyCode'
  | 'currencyConversionRate'
  | 'deprecated'
  | 'description'
  | 'details'
  | 'deviceName'
  | 'disks'
  | 'diskSizeGb'
  | 'displayName'
  | 'effectiveTime'
  | 'error'
  | 'error_description'
  | 'errors'
  | 'expires_in'
  | 'family'
  | 'fingerprint'
  | 'gatewayAddress'
  | 'geoTaxonomy'
  | 'guestAccelerators'
  | 'guestAcceleratorType'
  | 'guestCpus'
  | 'httpErrorStatusCode'
  | 'id'
  | 'imageType'
  | 'index'
  | 'instanceProperties'
  | 'instances'
  | 'ipCidrRange'
  | 'items'
  | 'labelFingerprint'
  | 'labels'
  | 'labelsFingerprint'
  | 'lastAttachTimestamp'
  | 'lastDetachTimestamp'
  | 'licenses'
  | 'limit'
  | 'location'
  | 'machineType'
  | 'maximumCardsPerInstance'
  | 'memoryMb'
  | 'message'
  | 'metadata'
  | 'metric'
  | 'mode'
  | 'name'
  | 'nanos'
  | 'natIP'
  | 'networkInterfaces'
  | 'networkIP'
  | 'nextPageToken'
  | 'onHostMaintenance'
  | 'operation'
  | 'operationType'
  | 'pricingExpression'
  | 'pricingInfo'
  | 'quotas'
  | 'reason'
  | 'region'
  | 'replacement'
  | 'resourceFamily'
  | 'resourceGroup'
  | 'savedDisks'
  | 'scheduling'
  | 'selfLink'
  | 'serviceId'
  | 'serviceRegions'
  | 'services'
  | 'sizeGb'
  | 'skuId'
  | 'skus'
  | 'snapshots'
  | 'source'
  | 'sourceDisk'
  | 'sourceDiskId'
  | 'sourceImage'
  | 'sourceInstance'
  | 'sourceSnapshot'
  | 'startUsageAmount'
  | 'state'
  | 'status'
  | 'storageBytes'
  | 'tags'
  | 'targetId'
  | 'targetLink'
  | 'tieredRates'
  | 'type'
  | 'unitPrice'
  | 'units'
  | 'usage'
  | 'usageType'
  | 'usageUnit'
  | 'users'
  | 'warning'
  | 'zone'
  | 'zones';
export type Json = { [K in Word]: Json } & { [scope: `${'zones' | 'regions'}/${string}`]: Json } & Json[] &
  string;

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: Json;
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

export async function openTestCloud(input: Partial<CloudInput> = {}) {
  let offset = 0;
  const now = () => Date.now() + offset;
  const world = createWorld({ seed: 'test', now, kinds: [gcp] });
  const cloud = world.addCloud({ name: 'goo', kind: 'gcp', delays: noDelays, ...input });
  const wire = gcp.open(world);
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
  const { credential, region: place } = wire.connection(cloud, 'us-central1', base);
  const { privateKey = '', clientEmail = '', projectId = '' } = credential;
  const { tokenUri = '', endpoint = '' } = place;
  let bearer: string | undefined;

  function assertion(
    claims: Record<string, unknown> = {},
    header: Record<string, unknown> = {},
    pem = privateKey,
  ) {
    const seconds = Math.floor(now() / 1000);
    const signed = `${encode({ alg: 'RS256', typ: 'JWT', ...header })}.${encode({
      iss: clientEmail,
      scope: compute,
      aud: tokenUri,
      iat: seconds,
      exp: seconds + 3600,
      ...claims,
    })}`;
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(pem, 'base64url')}`;
  }

  async function answerOf(response: Response): Promise<Answer> {
    const text = await response.text();
    const json = (response.headers.get('content-type') ?? '').startsWith('application/json');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (json ? JSON.parse(text) : null) as Json,
    };
  }

  const token = async (fields: Record<string, string>) =>
    answerOf(await fetch(tokenUri, { method: 'POST', body: new URLSearchParams(fields) }));
  const grant = (signed: string) =>
    token({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: signed });
  async function login(): Promise<string> {
    const answer = await grant(assertion());
    assert.equal(answer.status, 200, answer.text);
    bearer = answer.body.access_token;
    return bearer;
  }

  /** `line` is e.g. `POST global/networks`, below the project; `/projects/x/…` is another's, `http…` a link. */
  async function call(line: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const [method = '', path = ''] = line.split(' ');
    const url = path.startsWith('http')
      ? path
      : path.startsWith('/')
        ? `${endpoint}${path}`
        : `${endpoint}/projects/${projectId}/${path}`;
    const response = await fetch(url, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return answerOf(response);
  }
  async function want(status: number, line: string, body?: unknown): Promise<Json> {
    const answer = await call(line, body);
    assert.equal(answer.status, status, `${line}: ${answer.text}`);
    return answer.body;
  }
  /** A change, and the operation that it has become in the end. */
  async function does(line: string, body?: unknown): Promise<Json> {
    const operation = await want(200, line, body);
    return want(200, `POST ${operation.selfLink}/wait`);
  }
  /** As `does`, without an error. */
  async function done(line: string, body?: unknown): Promise<Json> {
    const operation = await does(line, body);
    assert.equal(operation.status, 'DONE');
    assert.equal(operation.error, undefined, JSON.stringify(operation.error));
    return operation;
  }
  /** The reason and message of a refusal. */
  async function refused(status: number, reason: string, line: string, body?: unknown): Promise<string> {
    const answer = await want(status, line, body);
    const { error } = answer;
    assert.equal(error.code, status);
    assert.equal(error.errors[0]?.reason, reason, JSON.stringify(answer));
    assert.equal(error.errors[0]?.message, error.message);
    return error.message;
  }

  const zone = 'us-central1-a';
  const vm = (name: string, more: Record<string, unknown> = {}) => ({
    name,
    machineType: `zones/${zone}/machineTypes/e2-small`,
    disks: [
      {
        boot: true,
        autoDelete: true,
        initializeParams: { sourceImage: 'projects/debian-cloud/global/images/family/debian-12' },
      },
    ],
    networkInterfaces: [
      {
        network: 'global/networks/default',
        accessConfigs: [{ type: 'ONE_TO_ONE_NAT', name: 'External NAT' }],
      },
    ],
    metadata: { items: [{ key: 'ssh-keys', value: `alice:${key} alice@home` }] },
    ...more,
  });

  return {
    world,
    wire,
    cloud,
    base,
    endpoint,
    projectId,
    clientEmail,
    privateKey,
    tokenUri,
    zone,
    region: 'us-central1',
    vm,
    assertion,
    token,
    grant,
    login,
    call,
    want,
    does,
    done,
    refused,
    advance(ms: number) {
      offset += ms;
    },
    useToken(next: string | undefined) {
      bearer = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
}
export type TestCloud = Awaited<ReturnType<typeof openTestCloud>>;
