import { Types } from 'mongoose';
import { fillMessages, fillPeopleAndNotes } from './0047-search-tokens.js';

/**
 * The tokens of what the old version has written while 0047 ran: new messages, those whose words could change before they
 * left, and all people and notes, which are few. What it writes after this gets its tokens when it changes next.
 */
/** WhatsApp lets people revoke a message for two days. */
const daysBack = 3;
const daySeconds = 24 * 60 * 60;

export async function up(db) {
  await fillPeopleAndNotes(db);
  const from = Math.floor(Date.now() / 1_000) - daysBack * daySeconds;
  await fillMessages(db, { _id: { $gte: Types.ObjectId.createFromTime(from) } });
  await fillMessages(db, { status: { $in: ['queued', 'scheduled', 'sending'] } });
}
