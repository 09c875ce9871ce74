import { createHash } from 'node:crypto';
import { Types } from 'mongoose';

const duplicateKey = 11_000;

/**
 * Opt-outs follow the address: the unsent messages to a number or user id, and the opt-outs that stay at identities which
 * no contact has any more.
 */
const unsent = { status: { $in: ['scheduled', 'queued', 'sending'] } };
const messageIndexes = [
  { key: { clientId: 1, to: 1 }, name: 'unsent-to', partialFilterExpression: unsent },
  {
    key: { clientId: 1, recipientUserId: 1 },
    name: 'unsent-to-user',
    partialFilterExpression: { ...unsent, recipientUserId: { $exists: true } },
  },
  {
    key: { clientId: 1, 'acceptedFor.to': 1 },
    name: 'unsent-accepted-for',
    partialFilterExpression: { ...unsent, 'acceptedFor.to': { $exists: true } },
  },
];

const batchSize = 500;

/** As `placeOf` in src/sending/gates/recipient.ts, for numbers in their canonical spelling. */
const placeOf = ({ phoneNumber, businessScopedUserId }) => {
  const address = phoneNumber === undefined ? `id:${businessScopedUserId}` : `tel:${phoneNumber}`;
  return Types.ObjectId.createFromHexString(createHash('sha256').update(address).digest('hex').slice(0, 24));
};

/** Counts the people of the last day by address, so that nobody counts twice. Finds nothing when it runs again. */
async function countByAddress(db) {
  const users = db.collection('portfolio_users');
  let batch = [];
  const store = async () => {
    const wanted = { _id: { $in: batch.map(({ contactId }) => contactId) } };
    const fields = { projection: { phoneNumber: 1, businessScopedUserId: 1 } };
    const contacts = await db.collection('contacts').find(wanted, fields).toArray();
    const places = new Map(contacts.map((contact) => [String(contact._id), placeOf(contact)]));
    const updates = batch.flatMap(({ _id, contactId }) => {
      const place = places.get(String(contactId));
      return place === undefined
        ? []
        : [{ updateOne: { filter: { _id, contactId }, update: { $set: { contactId: place } } } }];
    });
    batch = [];
    if (updates.length === 0) return;
    await users.bulkWrite(updates, { ordered: false }).catch((error) => {
      // Counted under its address already, by a new version at work: counts twice until its day is over.
      if (error.code !== duplicateKey) throw error;
    });
  };
  for await (const user of users.find({}, { projection: { contactId: 1 } })) {
    batch.push(user);
    if (batch.length === batchSize) await store();
  }
  await store();
}

export async function up(db) {
  await countByAddress(db);
  await db.collection('messages').createIndexes(messageIndexes);
  // Creates the collection; `createCollection` would fail when this runs again after a crash.
  await db.collection('address_stops').createIndex({ clientId: 1, key: 1, kind: 1 }, { unique: true });
}
