/** Notes of users, the notifications of the users whom they mention, and canned replies. */
const daySeconds = 24 * 60 * 60;

// The indexes create the collection; `createCollection` would fail when this runs again after a crash.
export async function up(db) {
  await db
    .collection('notes')
    .createIndexes([
      { key: { clientId: 1, createdAt: -1, _id: -1 } },
      { key: { clientId: 1, conversationId: 1, createdAt: -1, _id: -1 } },
    ]);
  await db
    .collection('canned_replies')
    .createIndexes([{ key: { clientId: 1, ownerId: 1, shortCode: 1 }, unique: true }]);
  await db
    .collection('notifications')
    .createIndexes([
      { key: { clientId: 1, noteId: 1, userId: 1 }, unique: true },
      { key: { clientId: 1, userId: 1, createdAt: -1, _id: -1 } },
      { key: { clientId: 1, userId: 1, readAt: 1, createdAt: -1, _id: -1 } },
      { key: { createdAt: 1 }, expireAfterSeconds: 180 * daySeconds },
    ]);
}
