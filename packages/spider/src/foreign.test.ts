import assert from 'node:assert/strict';
import { it } from 'node:test';
import { call, openStage } from '../test/stage.ts';
import { findImage, getImage } from './images.ts';
import { getSpec } from './specs.ts';

it('an image or spec of another cloud is told whose it is', async () => {
  const { spider, end } = await openStage({
    others: {
      other: {
        name: 'other',
        provider: 'OTHER',
        ids: { image: 'ami-[0-9a-f]+', spec: '[a-z][0-9]\\.[a-z]+' },
      },
    },
  });
  const refused = { code: 'not_found', message: /: that is one of OTHER\.$/ };
  await assert.rejects(getImage(spider, 'seoul', 'ami-0123', call), refused);
  await assert.rejects(findImage(spider, 'seoul', 'ami-0123', undefined, call), refused);
  await assert.rejects(getSpec(spider, 'seoul', 't3.micro', call), refused);
  await assert.rejects(getImage(spider, 'seoul', 'nobody-knows', call), {
    code: 'not_found',
    message: /"nobody-knows"\.$/,
  });
  // Our own looks are nobody else's.
  await assert.rejects(getImage(spider, 'seoul', 'mock-vmimage-77', call), {
    message: /"mock-vmimage-77"\.$/,
  });
  await end();
});
