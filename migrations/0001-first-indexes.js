/**
 * The indexes of the first release. They are written out here, not taken from the models, because a migration
 * must do the same in a year; a test holds the result equal to what the models declare.
 */
const indexes = {
  clients: [],
  users: [{ key: { email: 1 }, unique: true }, { key: { clientId: 1, _id: 1 } }],
  sessions: [{ key: { clientId: 1, userId: 1, _id: 1 } }, { key: { expiresAt: 1 }, expireAfterSeconds: 0 }],
  refresh_tokens: [
    { key: { tokenHash: 1 }, unique: true },
    { key: { clientId: 1, familyId: 1 } },
    { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
  ],
  channels: [
    { key: { clientId: 1, _id: 1 } },
    { key: { phoneNumberId: 1 }, unique: true },
    { key: { webhookKeyHash: 1 }, unique: true },
  ],
  contacts: [
    {
      key: { clientId: 1, phoneNumber: 1 },
      unique: true,
      partialFilterExpression: { phoneNumber: { $exists: true } },
    },
    {
      key: { clientId: 1, businessScopedUserId: 1 },
      unique: true,
      partialFilterExpression: { businessScopedUserId: { $exists: true } },
    },
  ],
  leads: [{ key: { clientId: 1, contactId: 1 }, unique: true }],
  conversations: [
    {
      key: { clientId: 1, channelId: 1, contactId: 1 },
      unique: true,
      partialFilterExpression: { status: { $in: ['open', 'pending'] } },
    },
  ],
  messages: [
    { key: { clientId: 1, conversationId: 1, timestamp: -1, _id: -1 } },
    { key: { clientId: 1, timestamp: -1, _id: -1 } },
    { key: { clientId: 1, status: 1, timestamp: -1, _id: -1 } },
    {
      key: { clientId: 1, idempotencyKey: 1 },
      unique: true,
      partialFilterExpression: { idempotencyKey: { $exists: true } },
    },
    {
      key: { clientId: 1, providerMessageId: 1 },
      unique: true,
      partialFilterExpression: { providerMessageId: { $exists: true } },
    },
    {
      key: { status: 1, _id: 1 },
      name: 'sweep',
      partialFilterExpression: { status: { $in: ['scheduled', 'queued', 'sending'] } },
    },
  ],
  templates: [
    { key: { clientId: 1, channelId: 1, name: 1, language: 1 }, unique: true },
    { key: { clientId: 1, name: 1, _id: 1 } },
    { key: { clientId: 1, status: 1, name: 1, _id: 1 } },
  ],
  webhook_events: [
    { key: { nextAttemptAt: 1 }, sparse: true },
    { key: { doneAt: 1 }, expireAfterSeconds: 8 * 24 * 60 * 60 },
    { key: { status: 1, _id: 1 }, partialFilterExpression: { status: { $in: ['parked', 'dead'] } } },
  ],
};

const nameOf = (key) => Object.entries(key).flat().join('_');

export async function up(db) {
  const existing = new Set(
    (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
  );
  for (const [name, specs] of Object.entries(indexes)) {
    // Made here, because a transaction must not have to make a collection.
    if (!existing.has(name)) await db.createCollection(name);
    if (specs.length > 0) {
      await db.collection(name).createIndexes(specs.map((spec) => ({ name: nameOf(spec.key), ...spec })));
    }
  }
}
