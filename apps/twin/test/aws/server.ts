/** The wire behind a bare HTTP server, with the vendor's own SDK pointed at it. Every answer is checked against the SDK's schemas. */
import { EC2Client } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Cloud, CloudInput } from '../../src/world/clouds.ts';
import { createWorld, type Wire, type World } from '../../src/world/world.ts';
import { createAwsWire } from '../../src/wire/aws/wire.ts';
import { strangers } from './schema.ts';

export const region = 'ap-northeast-2';

export interface Twin {
  world: World;
  wire: Wire;
  cloud: Cloud;
  base: string;
  client: EC2Client;
  clientOf(options?: {
    region?: string;
    accessKeyId?: string;
    secretAccessKey?: string;
    maxAttempts?: number;
  }): EC2Client;
  /** The last answer's text. */
  last(): string;
  close(): Promise<void>;
}

const immediately = { create: 0, start: 0, stop: 0, reboot: 0, terminate: 0 };

export async function startTwin(
  input: Partial<CloudInput> & { now?: () => number; maxAttempts?: number } = {},
): Promise<Twin> {
  const { now, maxAttempts = 1, ...rest } = input;
  const world = createWorld(now ? { now } : {});
  const wire = createAwsWire(world);
  const cloud = world.addCloud({ name: 'seoul', kind: 'aws', delays: immediately, ...rest });
  const answers: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (!wire.matches(request)) {
        response.writeHead(404).end();
        return;
      }
      const end = response.end.bind(response);
      response.end = ((text: string) => {
        answers.push(text);
        return end(text);
      }) as typeof response.end;
      void wire.handle(request, Buffer.concat(chunks), response);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clients: EC2Client[] = [];

  const clientOf: Twin['clientOf'] = options => {
    const client = new EC2Client({
      endpoint: base,
      region: options?.region ?? region,
      maxAttempts: options?.maxAttempts ?? maxAttempts,
      credentials: {
        accessKeyId: options?.accessKeyId ?? cloud.credentials['accessKeyId'] ?? '',
        secretAccessKey: options?.secretAccessKey ?? cloud.credentials['secretAccessKey'] ?? '',
      },
    });
    clients.push(client);
    return client;
  };

  return {
    world,
    wire,
    cloud,
    base,
    client: clientOf(),
    clientOf,
    last: () => answers.at(-1) ?? '',
    async close() {
      for (const client of clients) client.destroy();
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
      assert.deepEqual(strangers(answers), [], 'elements that the SDK does not know');
    },
  };
}

/** The promise fails with EC2's `code`; its text matches. */
export const fails = (promise: Promise<unknown>, code: string, text = /./, status?: number): Promise<void> =>
  assert.rejects(promise, (error: Error & { Code?: string; $metadata?: { httpStatusCode?: number } }) => {
    assert.equal(error.Code ?? error.name, code, error.message);
    assert.match(error.message, text);
    if (status !== undefined) assert.equal(error.$metadata?.httpStatusCode, status);
    return true;
  });

/** A value that the answer must hold. */
export function some<T>(value: T | undefined): T {
  assert.ok(value !== undefined);
  return value;
}
