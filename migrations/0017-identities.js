/** Former numbers of contacts, by which late events find their person. */
export async function up(db) {
  await db.collection('contacts').createIndexes([
    {
      key: { clientId: 1, formerKeys: 1 },
      name: 'clientId_1_formerKeys_1',
      partialFilterExpression: { formerKeys: { $exists: true } },
    },
  ]);
}
