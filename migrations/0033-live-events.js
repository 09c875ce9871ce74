/**
 * Live events: the outbox, the last number of each client, the tickets that open a stream, the leases of loops, and the
 * marks of messages and conversations.
 */
// The indexes create the collections; `createCollection` would fail when this runs again after a crash.
export async function up(db) {
  const day = 24 * 60 * 60;
  await db.collection('outbox_events').createIndexes([
    { key: { clientId: 1, seq: 1 }, unique: true, partialFilterExpression: { seq: { $exists: true } } },
    { key: { clientId: 1, at: 1, _id: 1 }, name: 'pending', partialFilterExpression: { isPending: true } },
    { key: { numberedAt: 1 }, expireAfterSeconds: day },
  ]);
  await db.collection('event_heads').createIndexes([{ key: { clientId: 1 }, unique: true }]);
  await db.collection('event_tickets').createIndexes([
    { key: { clientId: 1, tokenHash: 1 }, unique: true },
    { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
  ]);
  await db.collection('leases').createIndexes([{ key: { until: 1 }, expireAfterSeconds: day }]);
  for (const name of ['messages', 'conversations']) {
    await db.collection(name).createIndexes([
      {
        key: { clientId: 1, unpublishedAt: 1, _id: 1 },
        name: 'unpublished',
        partialFilterExpression: { unpublishedAt: { $exists: true } },
      },
    ]);
  }
}
