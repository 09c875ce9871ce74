import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalJson } from '../../../src/platform/canonical-json.ts';

/** The same value with its keys in another order, at every depth. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, part]) => [key, reordered(part)]),
  );
}

describe('canonical JSON', () => {
  it('keys in another order › the same text; the order of a list counts', () => {
    assert.equal(canonicalJson({ b: [2, 1], a: { d: null, c: 'x' } }), '{"a":{"c":"x","d":null},"b":[2,1]}');
    assert.notEqual(canonicalJson([1, 2]), canonicalJson([2, 1]));
  });

  it('dates › their ISO text; undefined fields are omitted', () => {
    const at = new Date('2026-11-23T09:00:00.000Z');
    assert.equal(canonicalJson({ b: undefined, a: at }), '{"a":"2026-11-23T09:00:00.000Z"}');
  });

  it('any value › JSON of an equal value, whatever the order of its keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        assert.equal(canonicalJson(reordered(value)), text);
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('different values › different texts', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const areEqual = JSON.stringify(reordered(a)) === JSON.stringify(reordered(b));
        if (canonicalJson(a) === canonicalJson(b))
          assert.deepEqual(JSON.parse(canonicalJson(a)), JSON.parse(canonicalJson(b)));
        else assert.ok(!areEqual);
      }),
    );
  });
});
