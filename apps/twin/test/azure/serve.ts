/** A bare HTTP server around the wire, and small hands for its tests. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { azure, createAzureWire } from '../../src/wire/azure/wire.ts';
import type { CloudInput, Delays } from '../../src/world/clouds.ts';
import { createWorld } from '../../src/world/world.ts';

export const noDelays: Delays = { create: 0, start: 0, stop: 0, reboot: 0, terminate: 0 };

/** Every word that the tests look for in an answer. */
type Word =
  | 'BillingCurrency'
  | 'Count'
  | 'Items'
  | 'NextPageLink'
  | 'access_token'
  | 'addressPrefix'
  | 'addressSpace'
  | 'armRegionName'
  | 'armSkuName'
  | 'availabilityZoneMappings'
  | 'capabilities'
  | 'code'
  | 'createOption'
  | 'creationData'
  | 'currencyCode'
  | 'currentValue'
  | 'dataDisks'
  | 'defaultSecurityRules'
  | 'deleteOption'
  | 'diskIOPSReadWrite'
  | 'diskSizeGB'
  | 'diskState'
  | 'displayName'
  | 'error'
  | 'error_codes'
  | 'exactVersion'
  | 'expires_in'
  | 'family'
  | 'geographyGroup'
  | 'hyperVGeneration'
  | 'id'
  | 'imageReference'
  | 'instanceView'
  | 'ipAddress'
  | 'ipConfiguration'
  | 'ipConfigurations'
  | 'limit'
  | 'location'
  | 'locationInfo'
  | 'logicalZone'
  | 'lun'
  | 'managedBy'
  | 'managedDisk'
  | 'message'
  | 'metadata'
  | 'meterName'
  | 'name'
  | 'networkInterfaces'
  | 'networkProfile'
  | 'nextLink'
  | 'osDisk'
  | 'osProfile'
  | 'pairedRegion'
  | 'physicalLocation'
  | 'physicalZone'
  | 'privateIPAddress'
  | 'privateKey'
  | 'productName'
  | 'properties'
  | 'provisioningState'
  | 'publicIPAddress'
  | 'publicIPAllocationMethod'
  | 'publicKey'
  | 'reasonCode'
  | 'regionCategory'
  | 'regionalDisplayName'
  | 'reservationTerm'
  | 'resourceGroups'
  | 'resourceType'
  | 'restrictions'
  | 'retailPrice'
  | 'savingsPlan'
  | 'securityRules'
  | 'sku'
  | 'sourceResourceId'
  | 'startTime'
  | 'status'
  | 'statuses'
  | 'storageProfile'
  | 'subnets'
  | 'tags'
  | 'target'
  | 'tier'
  | 'token_endpoint'
  | 'type'
  | 'value'
  | 'virtualMachine'
  | 'vmId'
  | 'zones';
export type Json = { [K in Word]: Json } & Json[] & string;

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: Json;
}

export const versions = { 'Microsoft.Compute': '2023-03-01', 'Microsoft.Network': '2023-04-01' };
const versionOf = (path: string): string => {
  if (/microsoft\.resources/i.test(path)) return '2021-04-01';
  if (/\/(disks|snapshots)\b/i.test(path)) return '2023-04-02';
  if (/\/galleries\b/i.test(path)) return '2023-07-03';
  if (/\/skus\b(?!\/)/i.test(path) && !/publishers/i.test(path)) return '2021-07-01';
  if (/microsoft\.compute/i.test(path)) return versions['Microsoft.Compute'];
  return /microsoft\.network/i.test(path) ? versions['Microsoft.Network'] : '2021-04-01';
};

export const key =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJhJdp07gEEyNQ6K2aHe2kNkQG9Ck3xqsKfmfWpIIKqL somebody';

export async function openTestCloud(input: Partial<CloudInput> = {}) {
  let offset = 0;
  const world = createWorld({ seed: 'test', now: () => Date.now() + offset, kinds: [azure] });
  const cloud = world.addCloud({ name: 'sky', kind: 'azure', delays: noDelays, ...input });
  const wire = createAzureWire(world);
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
  const { tenantId = '', clientId = '', clientSecret = '', subscriptionId = '' } = cloud.credentials;
  const root = `${base}/azure/${cloud.name}`;
  const subscription = `/subscriptions/${subscriptionId}`;
  let token: string | undefined;

  async function send(
    method: string,
    url: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(url, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (text === '' ? null : JSON.parse(text)) as Json,
    };
  }
  /** `line` is e.g. `GET /resourcegroups`, below the subscription; its type's api-version is added. */
  function call(line: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
    const [method, path] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)];
    const whole = path.startsWith('/subscriptions') || path === '/tenants' ? path : subscription + path;
    const query = /[?&]api-version=/.test(path)
      ? ''
      : `${path.includes('?') ? '&' : '?'}api-version=${versionOf(path)}`;
    return send(method, `${root}/arm${whole}${query}`, body, headers);
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
  /** The error's code, where the status is as expected. */
  async function fails(status: number, line: string, body?: unknown): Promise<string> {
    return (await want(status, line, body)).error.code;
  }
  function login(form: Record<string, string> = {}, tenant = tenantId): Promise<Answer> {
    return send(
      'POST',
      `${root}/login/${tenant}/oauth2/v2.0/token`,
      new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
        scope: 'https://management.azure.com/.default',
        ...form,
      }).toString(),
      { 'content-type': 'application/x-www-form-urlencoded' },
    );
  }
  token = (await login()).body.access_token;

  /** Asks after what was ordered until it has ended. */
  async function done(answer: Answer): Promise<Json> {
    const url = answer.headers.get('azure-asyncoperation') ?? '';
    for (;;) {
      const { body } = await send('GET', url);
      if (body.status !== 'InProgress') return body;
    }
  }
  async function order(status: number, line: string, body?: unknown): Promise<Json> {
    const answer = await call(line, body);
    assert.equal(answer.status, status, `${line}: ${answer.text}`);
    assert.equal((await done(answer)).status, 'Succeeded');
    return answer.body;
  }

  return {
    world,
    wire,
    cloud,
    base,
    root,
    subscription,
    send,
    call,
    want,
    fails,
    login,
    done,
    order,
    counts: () => Object.fromEntries(Object.entries(wire.counts(cloud)).filter(([, count]) => count > 0)),
    useToken(next: string | undefined) {
      token = next;
    },
    advance(ms: number) {
      offset += ms;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
}
export type TestCloud = Awaited<ReturnType<typeof openTestCloud>>;

export const location = 'koreacentral';
export const net = '/resourceGroups/rg/providers/Microsoft.Network';
export const compute = '/resourceGroups/rg/providers/Microsoft.Compute';

export const rule = (name: string, priority: number, port: string, more: object = {}) => ({
  name,
  properties: {
    priority,
    protocol: 'Tcp',
    access: 'Allow',
    direction: 'Inbound',
    sourceAddressPrefix: '*',
    sourcePortRange: '*',
    destinationAddressPrefix: '*',
    destinationPortRange: port,
    ...more,
  },
});

/** A group with a network, and a security group that lets SSH in. */
export async function makeStage({ want, order }: Pick<TestCloud, 'want' | 'order'>, cidr = '10.0.0.0/16') {
  await want(201, 'PUT /resourcegroups/rg', { location });
  const nsg = await order(201, `PUT ${net}/networkSecurityGroups/nsg`, {
    location,
    properties: { securityRules: [rule('ssh', 100, '22')] },
  });
  const vnet = await order(201, `PUT ${net}/virtualNetworks/vnet`, {
    location,
    properties: {
      addressSpace: { addressPrefixes: [cidr] },
      subnets: [
        {
          name: 'sub',
          properties: { addressPrefix: cidr.replace(/\/\d+$/, cidr.endsWith('/8') ? '/8' : '/24') },
        },
      ],
    },
  });
  return { nsg: nsg.id, subnet: `${vnet.id}/subnets/sub`, vnet: vnet.id };
}

/** A VM that brings its interface and address along, and takes them with it. */
export const vmBody = (stage: { nsg: string; subnet: string }, more: Record<string, unknown> = {}) => ({
  location,
  tags: { owner: 'me' },
  properties: {
    hardwareProfile: { vmSize: 'Standard_B1s' },
    storageProfile: {
      imageReference: {
        publisher: 'Canonical',
        offer: '0001-com-ubuntu-server-jammy',
        sku: '22_04-lts-gen2',
        version: 'latest',
      },
      osDisk: { createOption: 'FromImage', deleteOption: 'Delete' },
    },
    osProfile: {
      computerName: 'box',
      adminUsername: 'cb',
      linuxConfiguration: {
        disablePasswordAuthentication: true,
        ssh: { publicKeys: [{ path: '/home/cb/.ssh/authorized_keys', keyData: key }] },
      },
    },
    networkProfile: {
      networkApiVersion: '2022-11-01',
      networkInterfaceConfigurations: [
        {
          name: 'nic',
          properties: {
            primary: true,
            deleteOption: 'Delete',
            networkSecurityGroup: { id: stage.nsg },
            ipConfigurations: [
              {
                name: 'ip',
                properties: {
                  subnet: { id: stage.subnet },
                  publicIPAddressConfiguration: {
                    name: 'pip',
                    sku: { name: 'Standard' },
                    properties: { deleteOption: 'Delete', publicIPAllocationMethod: 'Static' },
                  },
                },
              },
            ],
          },
        },
      ],
    },
    ...more,
  },
});
