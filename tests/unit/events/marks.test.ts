import assert from 'node:assert/strict';
import type { Connection } from 'mongoose';
import { markWrites } from '../../../src/events/marks/collection.ts';
import { conversationModel } from '../../../src/inbox/conversations/model.ts';
import { openTenantCollection } from '../../../src/platform/tenant-collection.ts';

/** A connection that opens collections which are never asked. */
const noDatabase = { db: { collection: () => ({}) } } as unknown as Connection;

/** They change no document that stays. The door across clients removes the marks. */
const unmarked = new Set([
  ...['find', 'findOne', 'count', 'aggregate', 'acrossClients'],
  ...['search', 'searchStages', 'searchCount'],
  ...['deleteOne', 'deleteMany', 'findOneAndDelete'],
]);

describe('marks of live events', () => {
  it('every function of a collection that writes › marks', () => {
    const collection = openTenantCollection(conversationModel, noDatabase);
    const marked = new Map<string, unknown>(Object.entries(markWrites(collection)));
    const forgotten = Object.entries(collection)
      .filter(([name, original]) => !unmarked.has(name) && marked.get(name) === original)
      .map(([name]) => name);
    assert.deepEqual(forgotten, []);
    assert.ok(marked.size > unmarked.size);
  });
});
