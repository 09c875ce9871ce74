/**
 * How fast messages may leave: shares of a channel's rate, pairs of channel and contact, people per business portfolio,
 * management calls. Like in 0001 everything is written out here, because a migration must do the same in a year.
 */
const expires = { key: { expiresAt: 1 }, expireAfterSeconds: 0 };

const collections = {
  channel_rates: { indexes: [expires] },

  pair_rates: { indexes: [{ key: { clientId: 1, channelId: 1, contactId: 1 }, unique: true }, expires] },

  portfolio_users: {
    indexes: [
      { key: { clientId: 1, portfolioId: 1, contactId: 1 }, unique: true },
      { key: { clientId: 1, portfolioId: 1, expiresAt: 1 } },
      // For the sweep, which has to move a counter too: no TTL.
      { key: { expiresAt: 1 } },
    ],
  },

  portfolio_usage: { indexes: [{ key: { clientId: 1, portfolioId: 1 }, unique: true }] },

  management_limits: { indexes: [{ key: { clientId: 1, wabaId: 1 }, unique: true }, expires] },
};

const nameOf = (key) => Object.entries(key).flat().join('_');

export async function up(db) {
  const existing = new Set(
    (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
  );
  for (const [name, { indexes }] of Object.entries(collections)) {
    // Made here, because a transaction must not have to make a collection.
    if (!existing.has(name)) await db.createCollection(name);
    await db.collection(name).createIndexes(indexes.map((spec) => ({ name: nameOf(spec.key), ...spec })));
  }
}
