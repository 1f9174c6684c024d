/**
 * Listing images over many regions: 60 connections to the five clouds that the Twin plays, 500 images each, through the drivers; then from
 * the server's cache; then searching 10,000 images of one region.
 */
import { createClient, type Client } from '@cloud-barista/api/client';
import { start } from '../tools/process.ts';

const regionsOf: Readonly<Record<string, readonly string[]>> = {
  aws: 'us-east-1 us-east-2 us-west-1 us-west-2 eu-west-1 eu-west-2 eu-central-1 ap-northeast-1 ap-northeast-2 ap-southeast-1 ap-southeast-2 ap-south-1'.split(
    ' ',
  ),
  azure:
    'koreacentral eastus eastus2 westus westus2 centralus westeurope northeurope japaneast southeastasia uksouth australiaeast'.split(
      ' ',
    ),
  gcp: 'us-central1 us-east1 us-east4 us-west1 us-west2 europe-west1 europe-west2 europe-west3 europe-west4 asia-east1 asia-northeast1 asia-northeast3'.split(
    ' ',
  ),
  alibaba:
    'cn-hangzhou cn-shanghai cn-beijing cn-shenzhen cn-qingdao cn-zhangjiakou ap-northeast-1 ap-northeast-2 ap-southeast-1 us-east-1 us-west-1 eu-central-1'.split(
      ' ',
    ),
  openstack: Array.from({ length: 12 }, (_, index) => `Region${index + 1}`),
};

async function add(
  client: Client,
  twinUrl: string,
  kind: string,
  name: string,
  regions: readonly string[],
  images: number,
) {
  const answer = await fetch(`${twinUrl}/twin/v1/clouds`, {
    method: 'POST',
    body: JSON.stringify({ name, kind, regions, quotas: { images } }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  const connections: string[] = [];
  for (const region of regions) {
    const found = await fetch(`${twinUrl}/twin/v1/clouds/${name}/connection?region=${region}`);
    const values = (await found.json()) as {
      driver: string;
      credential: Record<string, string>;
      region: Record<string, string>;
    };
    const connection = `${name}-${region.toLowerCase()}`;
    const { driver } = values;
    await client.call('credential.create', { body: { name: connection, driver, values: values.credential } });
    await client.call('region.create', { body: { name: connection, driver, values: values.region } });
    await client.call('connection.create', {
      body: { name: connection, driver, credential: connection, region: connection },
    });
    connections.push(connection);
  }
  return connections;
}

export interface ListFigures {
  regions: number;
  images: number;
  /** Milliseconds. */
  firstCold: number;
  cold: number;
  cached: number;
  /** By kind: one region, cold, nothing else going on. */
  alone: Record<string, number>;
  search: number;
}

export async function measureListing(): Promise<ListFigures> {
  const twin = await start('twin', ['up', '--port', '0', '--ssh-port', 'off', '--empty']);
  const server = await start('server', ['--port', '0', '--store', 'memory:']);
  try {
    const twinUrl = String(twin.ready['url']);
    const client = createClient({ url: String(server.ready['url']) });
    const all: string[] = [];
    const alone: Record<string, number> = {};
    // The first of each cloud loads its SDK and makes the Twin's catalogue; it is told apart.
    const began = performance.now();
    for (const kind of Object.keys(regionsOf)) {
      const [first = ''] = await add(
        client,
        twinUrl,
        kind,
        `warm-${kind}`,
        regionsOf[kind]?.slice(0, 1) ?? [],
        500,
      );
      const from = performance.now();
      await client.call('image.list', { connection: first, limit: 1000 });
      alone[kind] = performance.now() - from;
    }
    const firstCold = performance.now() - began;
    for (const [kind, regions] of Object.entries(regionsOf))
      all.push(...(await add(client, twinUrl, kind, kind, regions, 500)));
    const list = async () => {
      const from = performance.now();
      const pages = await Promise.all(
        all.map(connection => client.call('image.list', { connection, limit: 1000 })),
      );
      return {
        ms: performance.now() - from,
        images: pages.reduce((sum, page) => sum + page.items.length, 0),
      };
    };
    const cold = await list();
    const cached = [await list(), await list(), await list()].map(({ ms }) => ms).sort((a, b) => a - b);

    const [big = ''] = await add(client, twinUrl, 'openstack', 'big', ['RegionOne'], 10_000);
    const { next } = await client.call('image.list', { connection: big, limit: 1 });
    if (next === undefined) throw new Error('the big region is small');
    const searches: number[] = [];
    for (let i = 0; i < 15; i++) {
      const from = performance.now();
      await client.call('image.list', { connection: big, search: `ubuntu-22.04`, limit: 100 });
      searches.push(performance.now() - from);
    }
    return {
      regions: all.length,
      images: cold.images,
      firstCold,
      cold: cold.ms,
      cached: cached[1] ?? 0,
      alone,
      search: searches.sort((a, b) => a - b)[7] ?? 0,
    };
  } finally {
    await server.end();
    await twin.end();
  }
}
