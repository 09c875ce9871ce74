/**
 * Webhook events are taken by source, dead letters expire, and erasure finds the events that name a person. The index of
 * urgent events by time alone is replaced; until the old version has stopped, it reads them through the index of all.
 */
const indexes = [
  {
    key: { source: 1, nextAttemptAt: 1 },
    name: 'sources',
    partialFilterExpression: { nextAttemptAt: { $exists: true } },
  },
  {
    key: { source: 1, isUrgent: 1, nextAttemptAt: 1 },
    name: 'urgentSources',
    partialFilterExpression: { isUrgent: true, nextAttemptAt: { $exists: true } },
  },
  { key: { expiresAt: 1 }, name: 'deadExpire', expireAfterSeconds: 0 },
  { key: { persons: 1 }, name: 'persons', sparse: true },
];

export async function up(db) {
  const events = db.collection('webhook_events');
  await events.createIndexes(indexes);
  if (await events.indexExists('urgent')) await events.dropIndex('urgent');
}
