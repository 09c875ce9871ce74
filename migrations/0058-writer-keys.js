/**
 * A message that is delivered again is told by what WhatsApp calls its writer too: the number may be another contact's by then.
 * Messages of the old version have no such names, and are told by their contact as before.
 */
export async function up(db) {
  await db.collection('messages').createIndexes([
    {
      key: { clientId: 1, writerKeys: 1, providerMessageId: 1, channelId: 1 },
      unique: true,
      partialFilterExpression: { writerKeys: { $exists: true } },
    },
  ]);
}
