import assert from 'node:assert/strict';
import { noteModel, type NoteDoc } from '../../../src/inbox/notes/model.ts';
import { newId } from '../../../src/platform/ids.ts';
import { scopeOf } from '../../../src/platform/mongo.ts';
import { openTenantCollection, type TenantCollection } from '../../../src/platform/tenant-collection.ts';
import type { ScopedFilter } from '../../../src/platform/tenant-queries.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';

describe('searches of a tenant collection', () => {
  const scope = scopeOf(newId());
  let database: TestDatabase;
  let notes: TenantCollection<NoteDoc>;

  before(async () => {
    database = await connectTestDatabase('bounded_searches', [noteModel]);
    notes = openTenantCollection(noteModel, database.connection);
    await notes.insertMany(
      scope,
      Array.from({ length: 50 }, () => ({
        ...{ _id: newId(), conversationId: newId(), authorId: newId(), body: 'x', mentions: [] },
        ...{ createdAt: new Date(), version: 1 },
      })),
    );
  });
  after(() => database.close());

  // The server takes its time for each document.
  const sum = { input: { $range: [0, 100_000] }, initialValue: 0, in: { $add: ['$$value', '$version'] } };
  const slow = { $expr: { $gt: [{ $reduce: sum }, 0] } } as object as ScopedFilter<NoteDoc>;
  const short = { maxTimeMS: 60 };

  const searches: readonly [string, () => Promise<unknown>][] = [
    ['a list', () => notes.search(scope, slow, short)],
    ['a count', () => notes.searchCount(scope, slow, short)],
    ['stages', () => notes.searchStages(scope, slow, [{ $limit: 50 }], short)],
  ];
  for (const [what, search] of searches) {
    it(`${what} › takes too long › search-too-broad, with the time in its detail`, async () => {
      await assert.rejects(search, { code: 'search-too-broad', message: /longer than 0\.06 seconds/ });
    });
  }

  it('in time › what is found', async () => {
    assert.equal((await notes.search(scope, {}, { limit: 3 })).length, 3);
    assert.equal(await notes.searchCount(scope, {}, { limit: 3 }), 3);
    assert.equal((await notes.searchStages(scope, {}, [{ $limit: 3 }])).length, 3);
    assert.equal(await notes.searchCount(scopeOf(newId()), {}), 0);
  });
});
