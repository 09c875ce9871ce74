/** Assignment: policies, the states of agents, the queue of conversations that wait for one, and what wakes it. */
// The indexes create the collections; `createCollection` would fail when this runs again after a crash.
export async function up(db) {
  await db
    .collection('assignment_policies')
    .createIndexes([{ key: { clientId: 1, priority: 1 }, unique: true }]);
  await db.collection('agent_states').createIndexes([{ key: { clientId: 1, userId: 1 }, unique: true }]);
  await db.collection('queue_wakes').createIndexes([{ key: { clientId: 1, dueAt: 1 } }]);
  await db.collection('conversations').createIndexes([
    {
      key: { clientId: 1, 'queue.since': 1, _id: 1 },
      name: 'queue',
      partialFilterExpression: { 'queue.since': { $exists: true } },
    },
  ]);
}
