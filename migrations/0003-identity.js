/**
 * Identity: invitations, links that set passwords, mails, limits. Like in 0001 everything is written out here,
 * because a migration must do the same in a year. Every backfill may run twice.
 */
const newest = { createdAt: -1, _id: -1 };
const thirtyDaysSeconds = 30 * 24 * 60 * 60;

const collections = {
  clients: {
    indexes: [{ key: newest }],
    async backfill(clients) {
      await clients.updateMany({ version: { $exists: false } }, { $set: { version: 1 } });
    },
  },

  users: {
    indexes: [
      { key: { clientId: 1, ...newest } },
      { key: { clientId: 1, nameKey: 1, _id: 1 } },
      { key: { clientId: 1, email: 1, _id: 1 } },
    ],
    async backfill(users) {
      await users.updateMany({ version: { $exists: false } }, { $set: { version: 1 } });
      for await (const { _id, name } of users.find({ nameKey: { $exists: false } })) {
        await users.updateOne({ _id }, { $set: { nameKey: nameKeyOf(name) } });
      }
    },
  },

  sessions: { indexes: [{ key: { clientId: 1, userId: 1, network: 1 } }] },

  password_links: {
    indexes: [
      { key: { tokenHash: 1 }, unique: true },
      { key: { clientId: 1, userId: 1 } },
      { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
    ],
  },

  outbox_mails: {
    indexes: [
      { key: { nextAttemptAt: 1 }, sparse: true },
      { key: { failedAt: 1 }, expireAfterSeconds: thirtyDaysSeconds },
    ],
  },

  // Written by rate-limiter-flexible: one document for each thing that is counted.
  rate_limits: {
    indexes: [
      { key: { key: 1 }, unique: true },
      { key: { expire: 1 }, expireAfterSeconds: 0 },
    ],
  },
};

/** As `nameKeyOf` in src/people/contacts/rules.ts at the time of this migration. */
function nameKeyOf(name) {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return plain.replace(/\s+/gu, ' ').trim().slice(0, 64);
}

const nameOf = (key) => Object.entries(key).flat().join('_');

export async function up(db) {
  const existing = new Set(
    (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
  );
  for (const [name, { indexes, backfill }] of Object.entries(collections)) {
    // Made here, because a transaction must not have to make a collection.
    if (!existing.has(name)) await db.createCollection(name);
    await backfill?.(db.collection(name));
    await db.collection(name).createIndexes(indexes.map((spec) => ({ name: nameOf(spec.key), ...spec })));
  }
}
