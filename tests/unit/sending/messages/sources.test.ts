import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sourceOf } from '../../../../src/sending/messages/sources/prune.ts';

const limit = 128 * 1_024;
const nested = (depth: number): Record<string, unknown> => {
  let value: Record<string, unknown> = { leaf: 'deep' };
  for (let level = 0; level < depth; level += 1) value = { a: value };
  return value;
};

describe('source of a message', () => {
  it('a small object › as it is, with any keys', () => {
    const object = JSON.parse(
      '{"$where":1,"a.b":[true,null,"x"],"__proto__":{"c":"d"},"nul\\u0000":"e"}',
    ) as object;
    const { json, isCut } = sourceOf(object as Record<string, unknown>);
    assert.equal(isCut, false);
    assert.deepEqual(Object.entries(JSON.parse(json) as object), [
      ['$where', 1],
      ['a.b', [true, null, 'x']],
      ['__proto__', { c: 'd' }],
      ['nul\u0000', 'e'],
    ]);
  });

  const large: readonly (readonly [string, () => Record<string, unknown>])[] = [
    ['a text of 4 MB', () => ({ text: { body: '🧡'.repeat(2_000_000) } })],
    [
      'a hundred thousand keys',
      () => Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, i])),
    ],
    ['a million numbers', () => ({ list: Array.from({ length: 1_000_000 }, () => 0) })],
    ['a hundred thousand levels', () => nested(100_000)],
    ['a key of 4 MB', () => ({ [`k${'x'.repeat(4_000_000)}`]: 1, after: 'it' })],
  ];
  for (const [what, make] of large) {
    it(`${what} › cut, still JSON, and says so`, () => {
      const { json, isCut } = sourceOf(make());
      assert.equal(isCut, true);
      assert.ok(json.length <= 2 * limit, String(json.length));
      assert.doesNotMatch(json, /\\ud83e"/, 'half an emoji');
      assert.equal(typeof JSON.parse(json), 'object');
    });
  }

  it('any object that fits › as it is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 20 }), fc.jsonValue({ maxDepth: 4 })), (object) => {
        const { json, isCut } = sourceOf(object);
        if (!isCut) assert.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify(object)));
      }),
    );
  });
});
