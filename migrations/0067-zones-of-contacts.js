/** The time zones that contacts were given, for segments. Building it again changes nothing. */
export async function up(db) {
  await db
    .collection('contacts')
    .createIndex(
      { clientId: 1, timezone: 1, createdAt: -1, _id: -1 },
      { partialFilterExpression: { timezone: { $exists: true } } },
    );
}
