/** Server-sent events: what is written is read, however the network cuts it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatEvent, readEvents, type ServerEvent } from './events.ts';

/** `text` as a body, cut at these places of its bytes. */
function cut(text: string, places: readonly number[]): { body: ReadableStream<Uint8Array<ArrayBuffer>> } {
  const bytes = new TextEncoder().encode(text);
  const ends = [...new Set(places.map(place => place % (bytes.length + 1))), bytes.length].sort(
    (a, b) => a - b,
  );
  return {
    body: new ReadableStream({
      start(controller) {
        let from = 0;
        for (const end of ends) {
          controller.enqueue(bytes.slice(from, end));
          from = end;
        }
        controller.close();
      },
    }),
  };
}
async function read(text: string, places: readonly number[] = []): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  for await (const event of readEvents(cut(text, places))) events.push(event);
  return events;
}

test('round trip: any JSON, any cuts, keep-alives between', async () => {
  const event = fc.record({
    name: fc.option(fc.constantFrom('error', 'change'), { nil: undefined }),
    value: fc.jsonValue(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 8 }), fc.array(fc.nat(2000)), async (sent, places) => {
      const text = sent.map(({ name, value }) => `: still here\n\n${formatEvent(value, name)}`).join('');
      assert.deepEqual(
        (await read(text, places)).map(({ event, data }) => ({ event, value: JSON.parse(data) as unknown })),
        sent.map(({ name, value }) => ({
          event: name ?? 'message',
          value: JSON.parse(JSON.stringify(value)) as unknown,
        })),
      );
    }),
  );
});

test('the three line ends mean the same, wherever they are cut', async () => {
  const lines = 'event: a\ndata: 1\ndata: 2\n\n: x\n\ndata: 3\n\n';
  const expected = await read(lines);
  assert.deepEqual(expected, [
    { event: 'a', data: '1\n2' },
    { event: 'message', data: '3' },
  ]);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('\n', '\r', '\r\n'), fc.array(fc.nat(100)), async (end, places) =>
      assert.deepEqual(await read(lines.replaceAll('\n', end), places), expected),
    ),
  );
});

test("the standard's own cases: one leading space goes, a field without colon is empty, an unfinished event is none", async () => {
  assert.deepEqual(await read('data:x\n\ndata:  y\n\n'), [
    { event: 'message', data: 'x' },
    { event: 'message', data: ' y' },
  ]);
  assert.deepEqual(await read('data\n\ndata\ndata\n\ndata:'), [
    { event: 'message', data: '' },
    { event: 'message', data: '\n' },
  ]);
  assert.deepEqual(await read('id: 7\nretry: 10\n\nevent: only\n\ndata: cut off\n'), []);
});

test('a body that is not there has no events', async () => {
  assert.equal((await readEvents({ body: null }).next()).done, true);
});
