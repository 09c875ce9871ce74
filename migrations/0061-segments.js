/** Filters of contacts under names. */
// The index creates the collection; `createCollection` would fail when this runs again after a crash.
export async function up(db) {
  await db
    .collection('segments')
    .createIndexes([
      { key: { clientId: 1, nameKey: 1 }, unique: true },
      { key: { clientId: 1, 'references.customFields': 1 } },
    ]);
}
