/** What people have said is taken out of the inbox before receipts. */
const urgent = {
  key: { isUrgent: 1, nextAttemptAt: 1 },
  name: 'urgent',
  partialFilterExpression: { isUrgent: true, nextAttemptAt: { $exists: true } },
};

export async function up(db) {
  await db.collection('webhook_events').createIndexes([urgent]);
}
