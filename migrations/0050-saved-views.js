/** Searches of conversations that users keep under a name. */
// The indexes create the collection; `createCollection` would fail when this runs again after a crash.
export async function up(db) {
  await db
    .collection('saved_views')
    .createIndexes([{ key: { clientId: 1, ownerId: 1, nameKey: 1 }, unique: true }]);
}
