/** The calls in progress of a client, by channel: a pause is answered when they are over. Claims come and go, so it is small. */
const index = {
  key: { clientId: 1, channelId: 1 },
  name: 'calling',
  partialFilterExpression: { 'dispatch.isCalling': true },
};

export async function up(db) {
  await db.collection('messages').createIndexes([index]);
}
