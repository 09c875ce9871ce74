import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { z } from 'zod';
import { AppError } from '../../../src/platform/errors.ts';
import {
  afterCursor,
  decodeCursor,
  encodeCursor,
  pageQuery,
  type SortKey,
  sortBy,
  toPage,
} from '../../../src/platform/pagination.ts';

const objectId = fc
  .uint8Array({ minLength: 12, maxLength: 12 })
  .map((bytes) => new Types.ObjectId(Buffer.from(bytes).toString('hex')));
const aKey = {
  date: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') }),
  string: fc.string({ maxLength: 100, unit: 'grapheme' }),
  number: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
};
const kinds = ['date', 'string', 'number'] as const;

const isRefused = (text: string, kind: (typeof kinds)[number]): boolean => {
  try {
    decodeCursor(text, kind);
    return false;
  } catch (error) {
    assert.ok(error instanceof AppError, `threw ${String(error)}`);
    assert.equal(error.code, 'invalid-input');
    assert.equal(error.errors[0]?.path, 'query.cursor');
    return true;
  }
};

describe('cursor', () => {
  for (const kind of kinds) {
    it(`any ${kind} key and id › come back as they were`, () => {
      fc.assert(
        fc.property(aKey[kind] as fc.Arbitrary<SortKey>, objectId, (key, id) => {
          const cursor = decodeCursor(encodeCursor({ key, id }), kind);
          assert.deepEqual(cursor.key, key);
          assert.ok(cursor.id.equals(id));
        }),
      );
    });
  }

  it('any text that we did not make › is refused as invalid input, never with another error', () => {
    const garbage = fc.oneof(
      fc.string(),
      fc.base64String(),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
    );
    fc.assert(
      fc.property(garbage, fc.constantFrom(...kinds), (text, kind) => {
        if (isRefused(text, kind)) return;
        assert.equal(encodeCursor(decodeCursor(text, kind)), text);
      }),
      { numRuns: 500 },
    );
  });

  it('a cursor of another kind, changed or padded › is refused', () => {
    const id = new Types.ObjectId();
    const text = encodeCursor({ key: new Date(0), id });
    assert.ok(isRefused(text, 'number'));
    assert.ok(isRefused(encodeCursor({ key: 'no date', id }), 'date'));
    assert.ok(isRefused(encodeCursor({ key: 1, id }), 'date'));
    assert.ok(isRefused(`${text}=`, 'date'));
    assert.ok(isRefused('A'.repeat(2_000), 'date'));
    const other = Buffer.from(JSON.stringify([{ $gt: '' }, id.toHexString()])).toString('base64url');
    for (const kind of kinds) assert.ok(isRefused(other, kind));
  });
});

describe('page', () => {
  it('walking the pages of any documents › gives each once, in order', () => {
    const documents = fc.array(fc.record({ key: fc.nat(5), _id: objectId }), { maxLength: 40 });
    fc.assert(
      fc.property(documents, fc.integer({ min: 1, max: 7 }), (all, limit) => {
        const unique = [...new Map(all.map((document) => [document._id.toHexString(), document])).values()];
        const sorted = unique.toSorted(
          (a, b) => a.key - b.key || a._id.toHexString().localeCompare(b._id.toHexString()),
        );
        const seen: string[] = [];
        let rest = sorted;
        for (;;) {
          const page = toPage(rest.slice(0, limit + 1), limit, ({ key, _id }) => ({ key, id: _id }));
          seen.push(...page.items.map(({ _id }) => _id.toHexString()));
          if (page.nextCursor === null) break;
          const after = decodeCursor(page.nextCursor, 'number');
          const at = sorted.findIndex(({ _id }) => _id.equals(after.id));
          rest = sorted.slice(at + 1);
        }
        assert.deepEqual(
          seen,
          sorted.map(({ _id }) => _id.toHexString()),
        );
      }),
    );
  });

  it('the filter after a cursor › compares key, then id', () => {
    const cursor = { key: 5, id: new Types.ObjectId() };
    const { $or } = afterCursor('score', 'descending', cursor);
    assert.deepEqual(JSON.parse(JSON.stringify($or)), [
      { score: { $lt: 5 } },
      { score: 5, _id: { $lt: cursor.id.toHexString() } },
    ]);
    assert.deepEqual(sortBy('score', 'descending'), { score: -1, _id: -1 });
    assert.deepEqual(sortBy('at', 'ascending'), { at: 1, _id: 1 });
  });

  const Query = z.strictObject(pageQuery);
  for (const limit of ['0', '101', '-1', '1.5', '1e1', '', ' 5', '0x10', 'ten']) {
    it(`limit=${limit} › is refused`, () => assert.equal(Query.safeParse({ limit }).success, false));
  }

  it('limit › 50 when not given, else the number', () => {
    assert.deepEqual(Query.parse({}), { limit: 50 });
    assert.deepEqual(Query.parse({ limit: '100' }), { limit: 100 });
  });
});
