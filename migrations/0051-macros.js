/** Actions that agents run on a conversation as one. */
// The indexes create the collection; `createCollection` would fail when this runs again after a crash.
export async function up(db) {
  await db
    .collection('macros')
    .createIndexes([{ key: { clientId: 1, ownerId: 1, nameKey: 1 }, unique: true }]);
}
