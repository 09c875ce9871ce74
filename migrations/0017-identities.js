/**
 * Former numbers of contacts, by which late events find their person; opt-outs that outlive a deleted contact, in a
 * collection that is made here, because a transaction must not have to make one.
 */
export async function up(db) {
  await db.collection('contacts').createIndexes([
    {
      key: { clientId: 1, formerKeys: 1 },
      name: 'clientId_1_formerKeys_1',
      partialFilterExpression: { formerKeys: { $exists: true } },
    },
  ]);
  const name = 'remembered_opt_outs';
  const existing = await db.listCollections({ name }, { nameOnly: true }).toArray();
  if (existing.length === 0) await db.createCollection(name);
  await db
    .collection(name)
    .createIndexes([{ key: { clientId: 1, keyHash: 1 }, name: 'clientId_1_keyHash_1', unique: true }]);
}
