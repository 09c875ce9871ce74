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

/** Appendix B of RFC 8785: the bits of a number, and its text. */
const numbers: readonly (readonly [string, string])[] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
];

describe('canonical JSON › the vectors of RFC 8785', () => {
  it('the sample of section 3.2.2 › its canonical text', () => {
    const sample: unknown = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`);
    assert.equal(
      canonicalJson(sample),
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it('the names of section 3.2.3 › by their UTF-16 units, whatever they look like', () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
    const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'];
    const text = sorted.map((name) => `${JSON.stringify(name)}:0`).join(',');
    assert.equal(canonicalJson(Object.fromEntries(names.map((name) => [name, 0]))), `{${text}}`);
    assert.equal(
      canonicalJson({ '9': 0, '10': 0, '1': { b: 0, '2': 0 } }),
      '{"1":{"2":0,"b":0},"10":0,"9":0}',
    );
  });

  it('the numbers of appendix B › each its text', () => {
    for (const [bits, text] of numbers)
      assert.equal(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE()), text);
  });
});

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
