/** The history of a contact over all conversations. */
export async function up(db) {
  await db
    .collection('messages')
    .createIndexes([{ key: { clientId: 1, contactId: 1, timestamp: -1, _id: -1 } }]);
}
