/**
 * The settings of the inbox, and when each conversation was closed: by its history, or else at its last message. The old
 * version closes conversations without the time while this runs; the next message of such a contact opens a new one.
 */
const batchSize = 1_000;

export async function up(db) {
  await db.collection('inbox_settings').createIndexes([{ key: { clientId: 1 }, unique: true }]);
  const conversations = db.collection('conversations');
  let found = [];
  const flush = async () => {
    if (found.length === 0) return;
    const updates = found.map(({ _id, lastMessageAt, history = [] }) => {
      const closings = history.filter(({ status }) => status === 'closed');
      const closedAt = closings.at(-1)?.at ?? lastMessageAt;
      const filter = { _id, status: 'closed', closedAt: { $exists: false } };
      return { updateOne: { filter, update: { $set: { closedAt } } } };
    });
    await conversations.bulkWrite(updates, { ordered: false });
    found = [];
  };
  const closed = conversations.find(
    { status: 'closed', closedAt: { $exists: false } },
    { projection: { lastMessageAt: 1, history: 1 } },
  );
  for await (const conversation of closed) {
    found.push(conversation);
    if (found.length === batchSize) await flush();
  }
  await flush();
}
