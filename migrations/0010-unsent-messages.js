/**
 * What has not left, for two that look at it across clients: the sweep, which goes by when it looked last, and the
 * measures, which want what is due by what holds it.
 */
const partialFilterExpression = { status: { $in: ['scheduled', 'queued', 'sending'] } };
const indexes = [
  { key: { status: 1, sweptAt: 1, _id: 1 }, name: 'unswept', partialFilterExpression },
  { key: { status: 1, 'waiting.gate': 1, sendAt: 1, _id: 1 }, name: 'due', partialFilterExpression },
];

export async function up(db) {
  const messages = db.collection('messages');
  await messages.createIndexes(indexes);
  // Workers of the version before sort what the new ones find, until they are gone.
  const existing = await messages.indexes();
  if (existing.some(({ name }) => name === 'sweep')) await messages.dropIndex('sweep');
}
