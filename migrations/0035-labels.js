/** The labels of a client, and the conversations that have one. */
// The indexes create the collection; `createCollection` would fail when this runs again after a crash.
export async function up(db) {
  await db
    .collection('labels')
    .createIndexes([
      { key: { clientId: 1, nameKey: 1 }, unique: true },
      { key: { clientId: 1, createdAt: -1, _id: -1 } },
    ]);
  await db.collection('conversations').createIndexes([
    {
      key: { clientId: 1, labels: 1, lastMessageAt: -1, _id: -1 },
      name: 'labels',
      partialFilterExpression: { labels: { $exists: true } },
    },
  ]);
}
