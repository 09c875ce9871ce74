/**
 * Consent: what waits for a person is found by the person, the block list is a filter, clients decide about their
 * sending. As in 0001 everything is written out here, because a migration must do the same in a year.
 */
const unsent = ['scheduled', 'queued', 'sending'];

const collections = {
  messages: [
    {
      key: { clientId: 1, contactId: 1, status: 1 },
      partialFilterExpression: { status: { $in: unsent } },
    },
    { key: { clientId: 1, stoppedBy: 1 }, partialFilterExpression: { stoppedBy: { $exists: true } } },
  ],
  contacts: [
    {
      key: { clientId: 1, isBlocked: 1, createdAt: -1, _id: -1 },
      partialFilterExpression: { isBlocked: true },
    },
  ],
  channels: [{ key: { wabaId: 1, _id: 1 } }],
  sending_policies: [{ key: { clientId: 1 }, unique: true }],
};

const nameOf = (key) => Object.entries(key).flat().join('_');

export async function up(db) {
  const existing = new Set(
    (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
  );
  for (const [name, indexes] of Object.entries(collections)) {
    // Made here, because a transaction must not have to make a collection.
    if (!existing.has(name)) await db.createCollection(name);
    await db.collection(name).createIndexes(indexes.map((spec) => ({ name: nameOf(spec.key), ...spec })));
  }
}
