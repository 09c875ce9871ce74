/** Requests with an Idempotency-Key and their sealed answers, for a day. */
// The indexes create the collection; `createCollection` would fail when this runs again after a crash.
export async function up(db) {
  await db.collection('idempotent_requests').createIndexes([
    { key: { clientId: 1, route: 1, key: 1 }, unique: true },
    { key: { expiresAt: 1 }, name: 'expiry', expireAfterSeconds: 0 },
  ]);
}
