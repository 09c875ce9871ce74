import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readCorpus } from '../../../proofs/fuzz/corpus.ts';
import { bodyBounds, findExceededBound, type BodyBound } from '../../../src/webhooks/body-bounds.ts';

const repeated = (text: string, times: number): string => Array.from({ length: times }, () => text).join(',');
const keysOf = (count: number): string =>
  `{${Array.from({ length: count }, (_, index) => `"key ${index}":0`).join(',')}}`;

describe('webhook body › bounds', () => {
  const bodies: readonly [string, string, BodyBound | null][] = [
    ['an empty body', '', null],
    ['a text of the largest size', `"${'x'.repeat(bodyBounds.bytes - 2)}"`, null],
    ['a byte more', `"${'x'.repeat(bodyBounds.bytes - 1)}"`, 'bytes'],
    ['invalid bytes that grow when they are decoded', '\ufffd'.repeat(bodyBounds.bytes / 2), 'bytes'],
    ['a list of as many zeros as there may be', `[${repeated('0', bodyBounds.values - 1)}]`, null],
    ['4 MiB of zeros', `[${'0,'.repeat(2 ** 21 - 2)}0]`, 'values'],
    ['empty objects', `[${repeated('{}', bodyBounds.values)}]`, 'values'],
    ['the deepest nesting', `${'['.repeat(bodyBounds.depth)}${']'.repeat(bodyBounds.depth)}`, null],
    ['a level more', `${'{"a":'.repeat(bodyBounds.depth + 1)}0`, 'depth'],
    ['4 MiB of brackets', '['.repeat(4 * 1024 * 1024), 'depth'],
    ['distinct keys', keysOf(bodyBounds.keys * 2), 'keys'],
    ['a few keys, often', `[${repeated('{"id":1,"from":2}', 30_000)}]`, null],
    ['brackets and commas inside a text', `"${'[,'.repeat(bodyBounds.values)}"`, null],
    ['quotes and backslashes inside a text', `["${String.raw`\"[,\\`.repeat(100_000)}"]`, null],
    ['a text without an end', `{"a":"${'[,'.repeat(200_000)}`, null],
  ];
  for (const [what, body, bound] of bodies) {
    it(`${what} › ${bound === null ? 'accepted' : `too many ${bound}`}`, () => {
      assert.equal(findExceededBound(body), bound);
    });
  }

  it('every body of the corpus › far below each bound', async () => {
    for (const { name, wire } of await readCorpus()) {
      assert.equal(findExceededBound(repeated(wire.toString('utf8'), 10)), null, name);
    }
  });

  it('the history of a phone app, 9,000 messages in 2.5 MB › accepted', () => {
    const message = (index: number) => ({
      from: '4915112345601',
      to: '15550001000',
      id: `wamid.${index}`,
      timestamp: '1795424400',
      type: 'text',
      text: { body: 'A message of a hundred characters. '.repeat(3) },
      history_context: { status: 'READ' },
    });
    const body = JSON.stringify({ messages: Array.from({ length: 9_000 }, (_, index) => message(index)) });
    assert.ok(body.length > 2_300_000, `${body.length}`);
    assert.equal(findExceededBound(body), null);
  });

  it('any JSON › depth is counted exactly, and never fewer values than a parser finds', () => {
    const count = (value: unknown): { values: number; depth: number } => {
      if (typeof value !== 'object' || value === null) return { values: 1, depth: 0 };
      const inner = Object.values(value).map(count);
      return {
        values: inner.reduce((sum, one) => sum + one.values, 1),
        depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
      };
    };
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (json) => {
        const { values, depth } = count(json);
        const nested = `${'['.repeat(bodyBounds.depth - depth)}${JSON.stringify(json)}`;
        assert.equal(findExceededBound(nested), null);
        assert.equal(findExceededBound(`[${nested}`), 'depth');
        const filler = repeated('0', bodyBounds.values - values);
        assert.equal(findExceededBound(`[${filler},${JSON.stringify(json)}`), 'values');
      }),
      { numRuns: 50 },
    );
  });
});
