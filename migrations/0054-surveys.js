/** What contacts are asked after their conversation was closed. */
// The indexes create the collection; `createCollection` would fail when this runs again after a crash.
export async function up(db) {
  const byTime = { closedAt: -1, _id: -1 };
  const exists = (field) => ({ partialFilterExpression: { [field]: { $exists: true } } });
  await db.collection('surveys').createIndexes([
    { key: { clientId: 1, conversationId: 1, cycle: 1 }, unique: true },
    { key: { clientId: 1, ...byTime } },
    { key: { clientId: 1, conversationId: 1, ...byTime } },
    { key: { clientId: 1, contactId: 1, ...byTime } },
    { key: { clientId: 1, agentId: 1, ...byTime }, ...exists('agentId') },
    { key: { clientId: 1, score: 1, ...byTime }, ...exists('score') },
    { key: { clientId: 1, ...byTime }, name: 'answered', ...exists('score') },
    {
      key: { clientId: 1, contactId: 1, channelId: 1, commentUntil: 1 },
      ...{ name: 'awaits-comment', ...exists('commentUntil') },
    },
    { key: { clientId: 1, commentQuestionId: 1 }, unique: true, ...exists('commentQuestionId') },
  ]);
}
