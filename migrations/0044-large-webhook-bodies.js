/**
 * Which events are due, and how many wait, is answered by indexes alone: the bodies are not read for it. Events of older
 * versions have no size, and are taken one at a time. Until the old version has stopped, the new indexes serve it too.
 */
const isWaiting = { nextAttemptAt: { $exists: true } };
const indexes = [
  {
    key: { nextAttemptAt: 1, status: 1, receivedAt: 1, redrivenAt: 1, source: 1 },
    name: 'waiting',
    partialFilterExpression: isWaiting,
  },
  {
    key: { source: 1, nextAttemptAt: 1, bytes: 1, takes: 1, _id: 1 },
    name: 'due',
    partialFilterExpression: isWaiting,
  },
  {
    key: { source: 1, isUrgent: 1, nextAttemptAt: 1, bytes: 1, takes: 1, _id: 1 },
    name: 'dueUrgent',
    partialFilterExpression: { isUrgent: true, ...isWaiting },
  },
  {
    key: { status: 1, _id: 1, lastError: 1 },
    name: 'unprocessed',
    partialFilterExpression: { status: { $in: ['parked', 'dead'] } },
  },
];
const replaced = ['nextAttemptAt_1', 'sources', 'urgentSources', 'status_1__id_1'];

export async function up(db) {
  const events = db.collection('webhook_events');
  await events.createIndexes(indexes);
  for (const name of replaced) if (await events.indexExists(name)) await events.dropIndex(name);
}
