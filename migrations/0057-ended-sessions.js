/** Streams ask each second which sessions have just ended, instead of asking about every listener. */
export async function up(db) {
  await db.collection('sessions').createIndexes([
    {
      key: { endedAt: 1 },
      name: 'endedAt_1',
      partialFilterExpression: { endedAt: { $exists: true } },
    },
  ]);
}
