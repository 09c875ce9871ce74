import { Types } from 'mongoose';
import { fillMessages, fillPeopleAndNotes } from './0047-search-tokens.js';

/**
 * The tokens of what the old version has written while 0047 ran: new messages, those whose words could change before they
 * left, and all people and notes, which are few. A timer for each client looks at the messages again when the old version has
 * ended; people and notes that it writes after this get their tokens when they change next.
 */
/** WhatsApp lets people revoke a message for two days. */
const daysBack = 3;
const daySeconds = 24 * 60 * 60;
const hourMs = 60 * 60 * 1_000;

export async function up(db) {
  await fillPeopleAndNotes(db);
  const from = Math.floor(Date.now() / 1_000) - daysBack * daySeconds;
  await fillMessages(db, { _id: { $gte: Types.ObjectId.createFromTime(from) } });
  await fillMessages(db, { status: { $in: ['queued', 'scheduled', 'sending'] } });
  await armCatchUps(db, new Date(Date.now() + hourMs));
}

/** As `src/sending/messages/token-catch-up.ts` expects them. */
async function armCatchUps(db, dueAt) {
  const timers = db.collection('timers');
  for await (const { _id: clientId } of db.collection('clients').find({}, { projection: { _id: 1 } })) {
    const key = { clientId, kind: 'messages.search-tokens', subjectId: clientId };
    const fresh = { dueAt, attemptAt: dueAt, attempts: 0, epoch: 1 };
    await timers.updateOne(key, { $setOnInsert: fresh }, { upsert: true });
  }
}
