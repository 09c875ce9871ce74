/** The links that confirm or reject a change of a user's e-mail address. */
// The indexes create the collection; `createCollection` would fail when this runs again after a crash.
export async function up(db) {
  await db
    .collection('email_change_links')
    .createIndexes([
      { key: { tokenHash: 1 }, unique: true },
      { key: { clientId: 1, userId: 1 } },
      { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
    ]);
}
