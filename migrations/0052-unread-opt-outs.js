/**
 * What may hold an opt-out holds what is sent to the persons whom it names, until it is read. Events that wait here hold from
 * now on, as those that the new version stores. The old version neither sets nor removes the mark: what it takes in meanwhile
 * holds nothing, and what it has processed is out of the index, because it waits no more.
 */
export async function up(db) {
  const events = db.collection('webhook_events');
  // A later version has another index of this name.
  const isThere = (await events.indexes()).some(({ name }) => name === 'unread');
  if (!isThere)
    await events.createIndexes([
      {
        key: { persons: 1, source: 1 },
        name: 'unread',
        partialFilterExpression: { holdsSends: true, nextAttemptAt: { $exists: true } },
      },
    ]);
  await events.updateMany(
    { isUrgent: true, nextAttemptAt: { $exists: true }, status: 'pending' },
    { $set: { holdsSends: true } },
  );
}
