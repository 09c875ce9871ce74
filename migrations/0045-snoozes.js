/** Lists of snoozed conversations: few have the field, so the index is small. */
export async function up(db) {
  await db.collection('conversations').createIndexes([
    {
      key: { clientId: 1, lastMessageAt: -1, _id: -1 },
      name: 'snoozed',
      partialFilterExpression: { snooze: { $exists: true } },
    },
  ]);
}
