/** Service levels, the clocks of conversations, and the list of conversations that missed a deadline. */
// The indexes create the collections; `createCollection` would fail when this runs again after a crash.
export async function up(db) {
  await db.collection('sla_policies').createIndexes([{ key: { clientId: 1, priority: 1 }, unique: true }]);
  await db.collection('sla_clocks').createIndexes([
    { key: { clientId: 1, conversationId: 1, cycle: -1, round: -1, kind: 1 }, unique: true },
    {
      key: { clientId: 1, conversationId: 1 },
      name: 'shown',
      partialFilterExpression: { isShown: true },
    },
    {
      key: { clientId: 1, policyId: 1, _id: 1 },
      name: 'live',
      partialFilterExpression: { state: { $in: ['running', 'paused'] } },
    },
  ]);
  await db.collection('conversations').createIndexes([
    {
      key: { clientId: 1, lastMessageAt: -1, _id: -1 },
      name: 'breached',
      partialFilterExpression: { breachedAt: { $exists: true } },
    },
  ]);
}
