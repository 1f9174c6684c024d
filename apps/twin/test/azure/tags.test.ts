/** Tags by PATCH and by the tags of a scope. Written from the references, with plain fetch. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { compute, location, makeStage, net, openTestCloud, vmBody, type TestCloud } from './serve.ts';

describe('tags', () => {
  let t: TestCloud;
  let stage: Awaited<ReturnType<typeof makeStage>>;
  before(async () => {
    t = await openTestCloud();
    stage = await makeStage(t);
  });
  after(() => t.close());

  const tagsOf = async (path: string) =>
    (await t.want(200, `GET ${path}`)).tags as unknown as Record<string, string> | undefined;

  it('are changed by PATCH on whatever bears them', async () => {
    const source = { location, properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 4 } };
    const { id } = await t.order(202, `PUT ${compute}/disks/d`, source);
    const copy = { createOption: 'Copy', sourceResourceId: id };
    await t.order(202, `PUT ${compute}/snapshots/s`, { location, properties: { creationData: copy } });
    await t.order(201, `PUT ${compute}/galleries/g`, { location });
    await t.order(201, `PUT ${net}/publicIPAddresses/ip`, { location, sku: { name: 'Standard' } });
    await t.order(201, `PUT ${compute}/virtualMachines/vm`, vmBody(stage));
    const nics = await t.want(200, `GET ${net}/networkInterfaces`);
    for (const path of [
      `${compute}/disks/d`,
      `${compute}/snapshots/s`,
      `${compute}/galleries/g`,
      `${compute}/virtualMachines/vm`,
      `${net}/publicIPAddresses/ip`,
      `${net}/virtualNetworks/vnet`,
      `${net}/networkSecurityGroups/nsg`,
      `${net}/networkInterfaces/${nics.value[0]?.name}`,
      '/resourceGroups/rg',
    ]) {
      const answer = await t.call(`PATCH ${path}`, { tags: { one: '1' } });
      assert.ok(answer.status === 200 || answer.status === 202, `${path}: ${answer.text}`);
      if (answer.headers.has('azure-asyncoperation')) await t.done(answer);
      assert.deepEqual(await tagsOf(path), { one: '1' }, path);
    }
  });

  it('of a scope are put, merged, replaced, taken away and read', async () => {
    for (const scope of ['', '/resourceGroups/rg', `${net}/virtualNetworks/vnet`]) {
      const at = `${scope}/providers/Microsoft.Resources/tags/default`;
      const patch = (operation: string, tags: object) =>
        t.want(200, `PATCH ${at}`, { operation, properties: { tags } });
      const put = await t.want(200, `PUT ${at}`, { properties: { tags: { a: '1', b: '2' } } });
      assert.equal(put.id, `${t.subscription}${scope}/providers/Microsoft.Resources/tags/default`);
      await patch('Merge', { B: '3', c: '4' });
      assert.deepEqual(await tagsOf(scope), { a: '1', B: '3', c: '4' });
      await patch('Delete', { a: '1', c: 'other' });
      assert.deepEqual((await t.want(200, `GET ${at}`)).properties.tags, { B: '3', c: '4' });
      await patch('Replace', { d: '5' });
      assert.deepEqual(await tagsOf(scope), { d: '5' });
      const code = (body: object) => t.fails(400, `PATCH ${at}`, body);
      assert.equal(await code({ operation: 'Turn', properties: { tags: {} } }), 'InvalidRequestContent');
      assert.equal(await code({ operation: 'Merge' }), 'InvalidRequestContent');
      const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`t${index}`, '']));
      assert.equal(await code({ operation: 'Merge', properties: { tags: many } }), 'TooManyTags');
      await t.want(200, `DELETE ${at}`);
      assert.equal(await tagsOf(scope), undefined);
    }
    const nowhere = `${net}/virtualNetworks/none/providers/Microsoft.Resources/tags/default`;
    assert.equal(await t.fails(404, `GET ${nowhere}`), 'ResourceNotFound');
  });
});
