/** Numbers that the provider could not deliver to: a filter of contacts, and when each mark is compared again. */
const indexes = [
  {
    key: { clientId: 1, createdAt: -1, _id: -1 },
    name: 'suspects',
    partialFilterExpression: { 'numberSuspect.at': { $exists: true } },
  },
  {
    key: { 'numberSuspect.reviewAt': 1 },
    name: 'suspect-reviews',
    partialFilterExpression: { 'numberSuspect.reviewAt': { $exists: true } },
  },
];

export async function up(db) {
  await db.collection('contacts').createIndexes(indexes);
}
