/** Notes of users, and the notifications of the users whom they mention. */
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
    .collection('notifications')
    .createIndexes([
      { key: { clientId: 1, noteId: 1, userId: 1 }, unique: true },
      { key: { clientId: 1, userId: 1, createdAt: -1, _id: -1 } },
      { key: { clientId: 1, userId: 1, readAt: 1, createdAt: -1, _id: -1 } },
      { key: { createdAt: 1 }, expireAfterSeconds: 180 * daySeconds },
    ]);
}
