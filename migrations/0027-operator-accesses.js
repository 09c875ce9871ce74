/** The accesses of operators to clients. */
// The indexes create the collection; `createCollection` would fail when this runs again after a crash.
export async function up(db) {
  await db
    .collection('operator_accesses')
    .createIndexes([
      { key: { tokenHash: 1 }, unique: true },
      { key: { clientId: 1, createdAt: -1, _id: -1 } },
    ]);
}
