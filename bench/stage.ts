/** A Twin and a server for measuring. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client } from '@cloud-barista/api/client';
import { start, type Process } from '../tools/process.ts';

export interface Stage {
  twin: Process;
  server: Process;
  client: Client;
  twinUrl: string;
  connections: string[];
  close(): Promise<void>;
}

const delays = { create: 0, start: 0, stop: 0, reboot: 0, terminate: 0 };

/** `clouds` clouds in the Twin without delays, every third an OpenStack, each with its connection; `ssh` is the port of its VMs, `off` for none. */
export async function openStage(clouds: number, ssh: '0' | 'off' = 'off'): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), 'barista-bench-'));
  const twin = await start('twin', ['up', '--port', '0', '--ssh-port', ssh, '--empty']);
  const server = await start('server', ['--port', '0', '--data', dir]);
  const twinUrl = String(twin.ready['url']);
  const client = createClient({ url: String(server.ready['url']) });
  const connections: string[] = [];
  for (let number = 1; number <= clouds; number++) {
    const kind = number % 3 === 0 ? 'openstack' : 'aws';
    const name = `cloud-${number}`;
    const regions = kind === 'aws' ? ['ap-northeast-2'] : ['RegionOne'];
    await fetch(`${twinUrl}/twin/v1/clouds`, {
      method: 'POST',
      body: JSON.stringify({ name, kind, delays, regions }),
    });
    const answer = await fetch(`${twinUrl}/twin/v1/clouds/${name}/connection`);
    const { driver, credential, region } = (await answer.json()) as {
      driver: string;
      credential: Record<string, string>;
      region: Record<string, string>;
    };
    await client.call('credential.create', { body: { name, driver, values: credential } });
    await client.call('region.create', { body: { name, driver, values: region } });
    await client.call('connection.create', { body: { name, driver, credential: name, region: name } });
    connections.push(name);
  }
  return {
    twin,
    server,
    client,
    twinUrl,
    connections,
    async close() {
      await server.end();
      await twin.end();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export async function standing(twinUrl: string): Promise<number> {
  const answer = await fetch(`${twinUrl}/twin/v1/counts`);
  return ((await answer.json()) as { total: number }).total;
}
