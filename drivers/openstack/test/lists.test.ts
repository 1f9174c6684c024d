/** Lists: pages in the order of ids whatever the cloud does, and requests as the API reference has them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloudId } from '@cloud-barista/model/ids';
import { localCloud, never, withCloud, type Answerer } from './local-cloud.ts';

interface Group {
  id: string;
  name: string;
  security_group_rules: never[];
}
const groups = (ids: readonly string[]): Group[] =>
  ids.map(id => ({ id, name: id, security_group_rules: [] }));

/** Neutron's way, over ids that may change between pages. */
const paging =
  (ids: string[]): Answerer =>
  ({ query }) => {
    const marker = query.get('marker');
    const limit = Number(query.get('limit'));
    if (marker !== null && !ids.includes(marker))
      return { status: 404, body: { NeutronError: { type: 'SecurityGroupNotFound', message: 'No.' } } };
    const rest = ids.slice(marker === null ? 0 : ids.indexOf(marker) + 1);
    const next = rest.length > limit ? [{ rel: 'next', href: 'x' }] : [];
    return { body: { security_groups: groups(rest.slice(0, limit)), security_groups_links: next } };
  };

async function readAll(
  ids: string[],
  answer: Answerer,
  limit: number,
  between?: () => void,
): Promise<string[]> {
  const local = await localCloud(answer);
  try {
    const read: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await local.cloud.securityGroups.list({
        signal: never(),
        limit,
        ...(cursor !== undefined && { cursor }),
      });
      assert.ok(page.items.length <= limit);
      read.push(...page.items.map(group => group.id));
      cursor = page.next;
      between?.();
      between = undefined;
    } while (cursor !== undefined);
    return read;
  } finally {
    await local.close();
  }
}

test('pages hold each once, at every limit', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  for (const limit of [1, 2, 5, 1000]) assert.deepEqual(await readAll(ids, paging(ids), limit), ids);
});

test('goes on where it stood when the item of the cursor is deleted meanwhile', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  const read = await readAll(ids, paging(ids), 2, () => ids.splice(1, 1));
  assert.deepEqual(read, ['a', 'b', 'c', 'd', 'e']);
});

test('a cloud without pagination answers with everything, and is paged all the same', async () => {
  const ids = ['c', 'a', 'd', 'b'];
  const whole: Answerer = () => ({ body: { security_groups: groups(ids) } });
  for (const limit of [1, 3, 1000]) assert.deepEqual(await readAll(ids, whole, limit), ['a', 'b', 'c', 'd']);
});

test(
  'asks for its own project, in the order of ids',
  withCloud(paging([]), async local => {
    await local.cloud.securityGroups.list({ signal: never(), limit: 7 });
    const query = Object.fromEntries(local.asked[0]?.query ?? []);
    assert.deepEqual(query, { project_id: 'project-1', sort_key: 'id', sort_dir: 'asc', limit: '7' });
  }),
);

const flavor = { id: '7', name: 'g1', vcpus: 4, ram: 8192, disk: 40 };

test(
  'flavors are asked with their extra specs, and without where the cloud is older',
  withCloud(
    ({ headers, path }) => {
      if (headers['openstack-api-version'] !== undefined)
        return { status: 406, body: { errors: [{ title: 'unsupported', detail: 'too new' }] } };
      if (path === '/flavors/detail') return { body: { flavors: [flavor] } };
      return path === '/flavors/7'
        ? { body: { flavor } }
        : { status: 404, body: { itemNotFound: { code: 404, message: 'Flavor could not be found.' } } };
    },
    async ({ cloud, asked }) => {
      const spec = { id: '7', name: 'g1', cpu: 4, memoryMib: 8192, diskGb: 40, architecture: '', gpus: [] };
      assert.deepEqual((await cloud.specs.list({ signal: never(), limit: 5 })).items, [spec]);
      assert.deepEqual(await cloud.specs.get({ signal: never() }, cloudId('7')), spec);
      assert.deepEqual(await cloud.specs.get({ signal: never() }, cloudId('g1')), spec, 'by its name too');
      assert.equal(
        asked.filter(one => one.headers['openstack-api-version'] !== undefined).length,
        1,
        'learned once',
      );
    },
  ),
);

test(
  'GPUs are read from extra specs, network cards are not GPUs',
  withCloud(
    () => ({
      body: {
        flavors: [
          {
            ...flavor,
            extra_specs: { 'pci_passthrough:alias': 'a100:2,sriov-nic:1', 'resources:VGPU': '1' },
          },
        ],
      },
    }),
    async ({ cloud }) => {
      const [spec] = (await cloud.specs.list({ signal: never(), limit: 5 })).items;
      assert.deepEqual(
        spec?.gpus.map(({ count, model }) => [count, model]),
        [
          [2, 'a100'],
          [1, 'VGPU'],
        ],
      );
    },
  ),
);

test(
  'an image’s system is told by its properties, then by its name; kernels are no images',
  withCloud(
    () => ({
      body: {
        images: [
          {
            id: '1',
            name: 'ubuntu-22.04-server',
            status: 'active',
            container_format: 'bare',
            virtual_size: 2 ** 31 + 1,
          },
          {
            id: '2',
            name: 'prod',
            status: 'active',
            os_distro: 'Rocky',
            os_version: '9',
            os_admin_user: 'cloud',
            architecture: 'aarch64',
          },
          { id: '3', name: 'vmlinuz', status: 'active', container_format: 'aki' },
        ],
      },
    }),
    async ({ cloud }) => {
      const { items } = await cloud.images.list({ signal: never(), limit: 10 });
      assert.deepEqual(
        items.map(({ id, os, osVersion, user, architecture, minDiskGb }) => [
          id,
          os,
          osVersion,
          user,
          architecture,
          minDiskGb,
        ]),
        [
          ['1', 'ubuntu', '22.04', 'ubuntu', '', 3],
          ['2', 'rocky', '9', 'cloud', 'arm64', 0],
        ],
      );
      const found = await cloud.images.list({ signal: never(), limit: 10 }, 'PRO');
      assert.deepEqual(
        found.items.map(image => image.id),
        ['2'],
      );
    },
  ),
);
