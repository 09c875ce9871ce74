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

export async function up(db) {
  await db.collection('messages').createIndexes(messageIndexes);
  const stops = await db.createCollection('address_stops');
  await stops.createIndex({ clientId: 1, key: 1, kind: 1 }, { unique: true });
}
