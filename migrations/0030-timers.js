/** Timers: what becomes due, with the epoch that makes a late firing harmless. */
// The indexes create the collection; `createCollection` would fail when this runs again after a crash.
export async function up(db) {
  await db.collection('timers').createIndexes([
    { key: { clientId: 1, kind: 1, subjectId: 1 }, unique: true },
    {
      key: { clientId: 1, attemptAt: 1 },
      name: 'due-of-client',
      partialFilterExpression: { attemptAt: { $exists: true } },
    },
    { key: { attemptAt: 1 }, name: 'due', sparse: true },
    { key: { failedAt: 1 }, name: 'failed', sparse: true },
    { key: { expiresAt: 1 }, name: 'expiry', expireAfterSeconds: 0 },
  ]);
}
