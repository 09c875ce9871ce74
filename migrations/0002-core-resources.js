/**
 * The core resources: indexes of their lists, and what documents of the first release lack. One key a collection,
 * worked off in this order; like in 0001 everything is written out here, because a migration must do the same in a
 * year. Every backfill may run twice: a migration that died half-way is run again from its beginning.
 */
const newest = { createdAt: -1, _id: -1 };

const collections = {
  contacts: {
    indexes: [
      { key: { clientId: 1, identityKeys: 1 }, unique: true },
      { key: { clientId: 1, ...newest } },
      { key: { clientId: 1, tags: 1, ...newest } },
      { key: { clientId: 1, optInStatus: 1, ...newest } },
      whenThere('nameKey', { clientId: 1, nameKey: 1, _id: 1 }),
    ],
    async backfill(contacts) {
      await contacts.updateMany({ version: { $exists: false } }, [
        { $set: { version: 1, updatedAt: '$createdAt', customFields: { $literal: {} }, consentLog: [] } },
      ]);
      await contacts.updateMany({ identityKeys: { $exists: false } }, [
        {
          $set: {
            identityKeys: {
              $concatArrays: [keyOf('tel:', '$phoneNumber'), keyOf('id:', '$businessScopedUserId')],
            },
          },
        },
      ]);
      await inBatches(
        contacts,
        { name: { $exists: true }, nameKey: { $exists: false } },
        ({ _id, name }) => ({
          updateOne: { filter: { _id }, update: { $set: { nameKey: nameKeyOf(name) } } },
        }),
      );
    },
  },

  // After the contacts, whose fields it copies.
  leads: {
    indexes: [
      { key: { clientId: 1, ...newest } },
      { key: { clientId: 1, stage: 1, ...newest } },
      { key: { clientId: 1, tags: 1, ...newest } },
      { key: { clientId: 1, optInStatus: 1, ...newest } },
      { key: { clientId: 1, assignedAgentId: 1, ...newest } },
      { key: { clientId: 1, assignedAgentId: 1, stage: 1, ...newest } },
      whenThere('nameKey', { clientId: 1, nameKey: 1, _id: 1 }),
      whenThere('phoneNumber', { clientId: 1, phoneNumber: 1, _id: 1 }),
    ],
    async backfill(leads) {
      const copied = ['phoneNumber', 'name', 'nameKey', 'optInStatus'];
      const fromContact = Object.fromEntries(copied.map((field) => [field, { $first: `$contact.${field}` }]));
      const present = Object.fromEntries(
        copied.map((field) => [field, { $ifNull: [fromContact[field], '$$REMOVE'] }]),
      );
      await leads
        .aggregate([
          { $match: { version: { $exists: false } } },
          {
            $lookup: {
              from: 'contacts',
              let: { clientId: '$clientId', contactId: '$contactId' },
              pipeline: [
                {
                  $match: {
                    $expr: { $and: [{ $eq: ['$_id', '$$contactId'] }, { $eq: ['$clientId', '$$clientId'] }] },
                  },
                },
              ],
              as: 'contact',
            },
          },
          { $project: { ...present, version: { $literal: 1 } } },
          { $merge: { into: 'leads', on: '_id', whenMatched: 'merge', whenNotMatched: 'discard' } },
        ])
        .toArray();
    },
  },

  conversations: {
    indexes: [
      { key: { clientId: 1, status: 1, lastMessageAt: -1, _id: -1 } },
      { key: { clientId: 1, assignedAgentId: 1, status: 1, lastMessageAt: -1, _id: -1 } },
      {
        key: { clientId: 1, lastMessageAt: -1, _id: -1 },
        name: 'unread',
        partialFilterExpression: { unreadCount: { $gt: 0 } },
      },
      { key: { clientId: 1, contactId: 1, _id: 1 } },
      { key: { clientId: 1, leadId: 1, _id: 1 } },
    ],
    async backfill(conversations) {
      await conversations.updateMany({ version: { $exists: false } }, { $set: { version: 1, history: [] } });
    },
  },

  channels: {
    indexes: [],
    async backfill(channels) {
      await channels.updateMany({ version: { $exists: false } }, { $set: { version: 1 } });
    },
  },

  templates: {
    indexes: [],
    async backfill(templates) {
      await templates.updateMany({ version: { $exists: false } }, { $set: { version: 1 } });
    },
  },

  audit_events: {
    indexes: [
      { key: { clientId: 1, at: -1, _id: -1 } },
      { key: { clientId: 1, 'target.id': 1, at: -1, _id: -1 } },
    ],
  },

  // Each further resource adds its own key here: `indexes` (without those of 0001) and, if documents of the first
  // release lack something that is required now, `backfill`.
};

function keyOf(prefix, field) {
  return { $cond: [{ $eq: [{ $type: field }, 'string'] }, [{ $concat: [prefix, field] }], []] };
}

function whenThere(field, key) {
  return { key, partialFilterExpression: { [field]: { $exists: true } } };
}

/** As `nameKeyOf` in src/people/contacts/rules.ts at the time of this migration. */
function nameKeyOf(name) {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return plain.replace(/\s+/gu, ' ').trim().slice(0, 64);
}

const batchSize = 1_000;

async function inBatches(collection, filter, toWrite) {
  let writes = [];
  const flush = async () => {
    if (writes.length > 0) await collection.bulkWrite(writes, { ordered: false });
    writes = [];
  };
  for await (const document of collection.find(filter)) {
    writes.push(toWrite(document));
    if (writes.length === batchSize) await flush();
  }
  await flush();
}

const nameOf = (key) => Object.entries(key).flat().join('_');

export async function up(db) {
  const existing = new Set(
    (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
  );
  for (const [name, { indexes, backfill }] of Object.entries(collections)) {
    if (!existing.has(name)) await db.createCollection(name);
    await backfill?.(db.collection(name));
    if (indexes.length > 0) {
      await db.collection(name).createIndexes(indexes.map((spec) => ({ name: nameOf(spec.key), ...spec })));
    }
  }
}
