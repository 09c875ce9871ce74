const replaced = 'clientId_1_providerMessageId_1';

/**
 * A message is told from others by channel and writer too, because two people, or two numbers of a business, can have
 * messages with one id. The new index comes first, so that there is no moment without one. Messages of the old version have
 * no writer: of those, one id stays unique on a channel.
 */
export async function up(db) {
  const messages = db.collection('messages');
  await messages.createIndexes([
    {
      key: { clientId: 1, providerMessageId: 1, channelId: 1, writerId: 1 },
      unique: true,
      partialFilterExpression: { providerMessageId: { $exists: true } },
    },
  ]);
  if (await messages.indexExists(replaced)) await messages.dropIndex(replaced);
}
