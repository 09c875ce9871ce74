import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isEmoji, repeated, sectionIssues } from '../../../../../src/sending/messages/content/rules.ts';

describe('content › emoji', () => {
  const emojis = ['👍', '❤', '❤️', '👩‍👩‍👧', '🇩🇪', '👋🏽', '1️⃣', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '©️'];
  for (const emoji of emojis) {
    it(`${emoji} › is one`, () => assert.ok(isEmoji(emoji)));
  }
  for (const text of ['', ' ', 'a', '1', '#', '👍👍', '👍 ', ':+1:', 'ok 👍', '\u200D', '\uFE0F', '🏽👍']) {
    it(`${JSON.stringify(text)} › is none`, () => assert.ok(!isEmoji(text)));
  }
});

describe('content › duplicates', () => {
  const keysOf = (keys: readonly string[]) => repeated(keys, (key) => key);

  it('the second and every later one of the same key › in their order', () => {
    assert.deepEqual(keysOf([]), []);
    assert.deepEqual(keysOf(['a', 'b', 'c']), []);
    assert.deepEqual(keysOf(['a', 'b', 'a', 'a', 'b']), ['a', 'a', 'b']);
  });

  it('any keys › as many as there are too many', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 1 })), (keys) => {
        assert.equal(keysOf(keys).length, keys.length - new Set(keys).size);
      }),
    );
  });
});

describe('content › sections', () => {
  const rows = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => ({ id: String(from + index) }));
  const places = (...sections: Parameters<typeof sectionIssues>[0]) =>
    sectionIssues(sections).map(({ path }) => path.join('.'));

  it('one without a title, or several with titles, 10 rows › fine', () => {
    assert.deepEqual(places({ rows: rows(0, 10) }), []);
    assert.deepEqual(places({ title: 'a', rows: rows(0, 5) }, { title: 'b', rows: rows(5, 5) }), []);
  });

  it('11 rows in two sections › one issue for all sections', () => {
    assert.deepEqual(places({ title: 'a', rows: rows(0, 5) }, { title: 'b', rows: rows(5, 6) }), ['']);
  });

  it('several without titles › each is named', () => {
    assert.deepEqual(places({ rows: rows(0, 1) }, { title: 'b', rows: rows(1, 1) }, { rows: rows(2, 1) }), [
      '0.title',
      '2.title',
    ]);
  });

  it('the same id in another section › the second is named', () => {
    assert.deepEqual(places({ title: 'a', rows: rows(0, 2) }, { title: 'b', rows: rows(1, 2) }), [
      '1.rows.0.id',
    ]);
  });
});
