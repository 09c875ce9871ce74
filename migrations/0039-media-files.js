/** Files of messages and of uploads. */
// The indexes create the collection; `createCollection` would fail when this runs again after a crash.
export async function up(db) {
  await db.collection('media_files').createIndexes([
    {
      key: { clientId: 1, messageId: 1 },
      unique: true,
      partialFilterExpression: { messageId: { $exists: true } },
    },
    {
      key: { clientId: 1, idempotencyKey: 1 },
      unique: true,
      partialFilterExpression: { idempotencyKey: { $exists: true } },
    },
    { key: { clientId: 1, contactId: 1 }, partialFilterExpression: { contactId: { $exists: true } } },
    {
      key: { state: 1, startAt: 1, _id: 1 },
      name: 'unsettled',
      partialFilterExpression: { state: 'pending' },
    },
    {
      key: { removeAt: 1 },
      name: 'to-remove',
      partialFilterExpression: { removeAt: { $exists: true } },
    },
    {
      key: { clientId: 1, unpublishedAt: 1, _id: 1 },
      name: 'unpublished',
      partialFilterExpression: { unpublishedAt: { $exists: true } },
    },
  ]);
}
