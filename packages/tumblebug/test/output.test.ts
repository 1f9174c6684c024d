/** What is kept of a command's output: whole characters, so many bytes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { keeper } from '../src/output.ts';

const anyText = fc.string({ unit: 'grapheme', maxLength: 60 });

describe('output', () => {
  it('hands on whole characters, however the bytes are cut, and all of them', () => {
    fc.assert(
      fc.property(anyText, fc.array(fc.nat(200), { maxLength: 8 }), (text, cuts) => {
        const bytes = Buffer.from(text);
        const places = [0, ...cuts.map(cut => Math.min(cut, bytes.length)), bytes.length].sort(
          (a, b) => a - b,
        );
        const kept = keeper(1e6);
        let told = '';
        for (const [i, at] of places.entries()) told += kept.take(bytes.subarray(places[i - 1] ?? 0, at));
        assert.equal(told + kept.end(), text);
        assert.equal(kept.text(), text);
        assert.equal(kept.cut(), false);
      }),
    );
  });

  it('keeps at most its limit in bytes, a beginning of what came, and says that it was cut', () => {
    fc.assert(
      fc.property(anyText, fc.nat(80), (text, limit) => {
        const kept = keeper(limit);
        for (const byte of Buffer.from(text)) kept.take(Buffer.of(byte));
        kept.end();
        assert.ok(Buffer.byteLength(kept.text()) <= limit);
        assert.ok(text.startsWith(kept.text()));
        assert.equal(kept.cut(), Buffer.byteLength(text) > limit);
        if (kept.cut())
          assert.ok(Buffer.byteLength(kept.text()) > limit - 4, 'no more lost than a character');
      }),
    );
  });

  it('marks what is no text, also at the very end', () => {
    const kept = keeper(100);
    assert.equal(kept.take(Buffer.from([0x61, 0xff, 0x62])), 'a\ufffdb');
    assert.equal(kept.take(Buffer.from([0xe2, 0x82])), '');
    assert.equal(kept.end(), '\ufffd');
    assert.equal(kept.text(), 'a\ufffdb\ufffd');
  });

  it('a byte order mark is output like any other', () => {
    const kept = keeper(100);
    kept.take(Buffer.from('\ufeffx'));
    assert.equal(kept.text(), '\ufeffx');
  });
});
