/**
 * Since when contacts wait for an answer, and when conversations were last changed. Two timers for each business have the new
 * version find out who waits in the conversations that are open or pending now, and what the old version did meanwhile: one in
 * five minutes, one in an hour, when the old version has ended. A worker of the old version does not know these timers, and
 * puts them off.
 */
const minuteMs = 60 * 1_000;

export async function up(db) {
  await db.collection('conversations').createIndexes([
    {
      key: { clientId: 1, waitingSince: 1, _id: 1 },
      name: 'waiting',
      partialFilterExpression: { waitingSince: { $exists: true } },
    },
    {
      key: { clientId: 1, changedAt: -1, _id: -1 },
      name: 'changed',
      partialFilterExpression: { changedAt: { $exists: true } },
    },
  ]);
  await db.collection('messages').createIndexes([
    {
      key: { clientId: 1, conversationId: 1, 'answer.at': -1 },
      name: 'answers',
      partialFilterExpression: { 'answer.at': { $exists: true } },
    },
  ]);
  const now = Date.now();
  await armCatchUps(db, 'conversations.waits', new Date(now + 5 * minuteMs));
  await armCatchUps(db, 'conversations.waits-again', new Date(now + 60 * minuteMs));
}

/** As `src/inbox/waiting/catch-up.ts` expects them. */
async function armCatchUps(db, kind, dueAt) {
  const timers = db.collection('timers');
  for await (const { _id: clientId } of db.collection('clients').find({}, { projection: { _id: 1 } })) {
    const fresh = { dueAt, attemptAt: dueAt, attempts: 0, epoch: 1 };
    await timers.updateOne(
      { clientId, kind, subjectId: clientId },
      { $setOnInsert: fresh },
      { upsert: true },
    );
  }
}
