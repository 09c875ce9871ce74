/**
 * The measures look at what is wrong client by client, and read no other channels and messages for it; nor do
 * the queries of the runbooks.
 */
const dueByClient = {
  key: { status: 1, 'waiting.gate': 1, clientId: 1, sendAt: 1, timestamp: 1 },
  name: 'due-by-client',
  partialFilterExpression: { status: { $in: ['scheduled', 'queued', 'sending'] } },
};

export async function up(db) {
  await db.collection('channels').createIndexes([
    { key: { state: 1, 'pause.since': 1 }, name: 'states' },
    { key: { 'restriction.since': 1 }, name: 'restrictions', sparse: true },
    { key: { 'ownership.state': 1, 'ownership.gap': 1 }, name: 'gaps' },
  ]);
  await db.collection('messages').createIndexes([dueByClient]);
}
