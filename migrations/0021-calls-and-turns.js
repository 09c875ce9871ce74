/**
 * The calls in progress of a client, by channel: a pause is answered when they are over. And the unsent answers of a
 * conversation, in their order. Both come and go, so the indexes are small.
 */
const indexes = [
  {
    key: { clientId: 1, channelId: 1 },
    name: 'calling',
    partialFilterExpression: { 'dispatch.isCalling': true },
  },
  {
    key: { clientId: 1, conversationId: 1, turn: 1 },
    name: 'unsent-turns',
    partialFilterExpression: {
      status: { $in: ['scheduled', 'queued', 'sending'] },
      turn: { $exists: true },
    },
  },
];

export async function up(db) {
  await db.collection('messages').createIndexes(indexes);
}
