/** Groups of users. Assignment policies and filters name them by their ids. */
// The indexes create the collection; `createCollection` would fail when this runs again after a crash.
export async function up(db) {
  await db
    .collection('teams')
    .createIndexes([
      { key: { clientId: 1, nameKey: 1 }, unique: true },
      { key: { clientId: 1, createdAt: -1, _id: -1 } },
    ]);
}
