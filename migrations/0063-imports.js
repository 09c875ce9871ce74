/** Files of contacts, their rows, and where a contact comes from. */
// Indexes create their collections; `createCollection` would fail when this runs again after a crash.
export async function up(db) {
  const onlyWith = (field) => ({ unique: true, partialFilterExpression: { [field]: { $exists: true } } });
  await db
    .collection('imports')
    .createIndexes([
      { key: { clientId: 1, createdAt: -1, _id: -1 } },
      { key: { clientId: 1, idempotencyKey: 1 }, ...onlyWith('idempotencyKey') },
      { key: { clientId: 1, contentKey: 1 }, ...onlyWith('contentKey') },
      { key: { clientId: 1, slot: 1 }, ...onlyWith('slot') },
    ]);
  await db.collection('import_rows').createIndexes([
    { key: { clientId: 1, importId: 1, analysis: 1, n: 1 }, unique: true },
    { key: { clientId: 1, importId: 1, analysis: 1, outcome: 1, n: 1 } },
    { key: { clientId: 1, importId: 1, analysis: 1, 'plan.kind': 1, n: 1 } },
    { key: { clientId: 1, keys: 1, importId: 1 } },
    {
      key: { clientId: 1, faultyKeys: 1 },
      partialFilterExpression: { faultyKeys: { $exists: true } },
    },
    {
      key: { clientId: 1, importId: 1 },
      name: 'finishing',
      partialFilterExpression: { isFinishing: true },
    },
  ]);
}
