/** Events about a moment, on their way to the other processes. */
export async function up(db) {
  await db.collection('passing_events').createIndexes([{ key: { expiresAt: 1 }, expireAfterSeconds: 0 }]);
}
