/** Prices of specs. */
import assert from 'node:assert/strict';
import { cloudId } from '@cloud-barista/model/ids';
import { strangerOf } from './expect.ts';
import { skip, type It } from './stage.ts';

export function priceCases(it: It): void {
  it(
    'tells the price of a spec, the same when asked again; of an unknown one it tells none, without an error',
    async stage => {
      const prices = stage.cloud.prices ?? skip('no prices');
      const spec = cloudId(stage.subject.spec);
      const unknown = cloudId(strangerOf(spec));
      const answer = await prices.get(stage.call(), [spec, unknown]);
      const ids = answer.map(price => price.spec);
      assert.equal(new Set(ids).size, ids.length, 'each spec once');
      assert.ok(!ids.includes(unknown));
      for (const { hourly, currency } of answer) {
        assert.ok(hourly > 0 && hourly < 10_000, `${hourly} an hour`);
        assert.match(currency, /^[A-Z]{3}$/);
      }
      const own = answer.find(price => price.spec === spec);
      assert.ok(own, `${spec} has a price`);
      const again = await prices.get(stage.call(), [spec]);
      assert.deepEqual(
        again.find(price => price.spec === spec),
        own,
      );
      assert.ok(Array.isArray(await prices.get(stage.call(), [])));
    },
    'spec.price',
  );

  it(
    'of two specs where one has twice the CPUs and the memory of the other, the price tells which',
    async stage => {
      const prices = stage.cloud.prices ?? skip('no prices');
      const { items } = await stage.cloud.specs.list({ ...stage.call(), limit: 1000 });
      const plain = items.filter(spec => spec.gpus.length === 0);
      const pair = plain
        .flatMap(small => plain.map(big => ({ small, big })))
        .find(({ small, big }) => {
          const stem = (id: string) => /^[a-z]*[0-9]*[a-z]*/i.exec(id)?.[0];
          return (
            stem(small.id) === stem(big.id) &&
            big.cpu === 2 * small.cpu &&
            big.memoryMib === 2 * small.memoryMib &&
            big.architecture === small.architecture
          );
        });
      const { small, big } = pair ?? skip('no such two specs');
      const answer = await prices.get(stage.call(), [cloudId(small.id), cloudId(big.id)]);
      const of = (id: string) => answer.find(price => price.spec === id)?.hourly ?? skip(`no price of ${id}`);
      assert.ok(of(big.id) > of(small.id), `${big.id} costs more than ${small.id}`);
    },
    'spec.price',
  );
}
