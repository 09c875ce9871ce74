/**
 * What is unread becomes a fact: the contact's messages have numbers in the order in which their conversation took them in,
 * and the conversation has a position among them. Here the unread messages of each conversation get theirs, below 1, and the
 * position is before them. Also: who has seen what, and what contacts were shown of it.
 *
 * The old version goes on counting in `unreadCount`. What it counts while this runs, or beside the new version, shows as
 * unread until it is read. Messages that are read need no number.
 */
const maxUnread = 100;
const batchSize = 500;

export async function up(db) {
  await db
    .collection('conversation_seen')
    .createIndexes([{ key: { clientId: 1, conversationId: 1, userId: 1 }, unique: true }]);
  await db
    .collection('read_marks')
    .createIndexes([{ key: { clientId: 1, conversationId: 1 }, unique: true }]);
  await db.collection('passing_events').createIndexes([{ key: { expiresAt: 1 }, expireAfterSeconds: 0 }]);
  const messages = db.collection('messages');
  await messages.createIndexes([
    {
      key: { clientId: 1, conversationId: 1, arrival: 1 },
      name: 'arrivals',
      partialFilterExpression: { arrival: { $exists: true } },
    },
  ]);
  const conversations = db.collection('conversations');
  const unread = conversations.find(
    { unreadCount: { $gt: 0 }, readUpTo: { $exists: false }, lastArrival: { $exists: false } },
    { projection: { clientId: 1, unreadCount: 1 }, batchSize },
  );
  for await (const { _id, clientId, unreadCount } of unread) {
    const count = Math.min(unreadCount, maxUnread);
    const latest = await messages
      .find(
        {
          ...{ clientId, conversationId: _id, direction: 'inbound', senderType: 'contact' },
          ...{ isImported: { $ne: true }, awaitsOriginal: { $ne: true } },
        },
        { projection: { _id: 1 }, sort: { timestamp: -1, _id: -1 }, limit: count },
      )
      .toArray();
    if (latest.length === 0) continue;
    await messages.bulkWrite(
      latest.map((message, index) => ({
        updateOne: {
          filter: { _id: message._id, arrival: { $exists: false } },
          update: { $set: { arrival: -index } },
        },
      })),
      { ordered: false },
    );
    // A message that the new version took in meanwhile is behind the position too.
    await conversations.updateOne(
      { _id, readUpTo: { $exists: false } },
      { $set: { readUpTo: -latest.length } },
    );
  }
}
