/** What holds messages back and lets them go: gates, pauses by the provider, messages in place of failed ones. */
const held = {
  key: { clientId: 1, 'waiting.gate': 1, channelId: 1, _id: 1 },
  name: 'held',
  partialFilterExpression: { 'waiting.gate': { $exists: true } },
};
const retryOf = {
  key: { clientId: 1, retryOf: 1 },
  name: 'clientId_1_retryOf_1',
  unique: true,
  partialFilterExpression: { retryOf: { $exists: true } },
};
const health = {
  key: { 'pause.nextCheckAt': 1 },
  name: 'health',
  partialFilterExpression: { 'pause.nextCheckAt': { $exists: true } },
};

export async function up(db) {
  await db.collection('messages').createIndexes([held, retryOf]);
  await db.collection('channels').createIndexes([health]);
  await db.collection('gate_openings').createIndexes([
    { key: { clientId: 1, _id: 1 }, name: 'clientId_1__id_1' },
    { key: { nextPassAt: 1 }, name: 'due' },
  ]);
}
