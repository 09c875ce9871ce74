/**
 * Definitions of custom fields, and the values of contacts as queries find them. Values that contacts have already become fields
 * where that is unambiguous: the key is one that a field may have, all its values in the business have one type, and the business
 * has no more such keys than it may have fields. All other values stay as they are: contacts show them until they are cleared.
 * What the old version writes while this runs gets its attributes when the contact changes next.
 */
const maxFields = 100;

const kinds = [
  { type: 'text', bson: ['string'], member: 's' },
  { type: 'boolean', bson: ['bool'], member: 'b' },
  { type: 'number', bson: ['double', 'int', 'long', 'decimal'], member: 'n' },
];

const attributeOf = kinds.reduce(
  (otherwise, { bson, member }) => ({
    $cond: [{ $in: [{ $type: '$$value.v' }, bson] }, { k: '$$value.k', [member]: '$$value.v' }, otherwise],
  }),
  { k: '$$value.k' },
);

const fillAttributes = (contacts) =>
  contacts.updateMany({ cf: { $exists: false }, customFields: { $nin: [{}, null] } }, [
    {
      $set: { cf: { $map: { input: { $objectToArray: '$customFields' }, as: 'value', in: attributeOf } } },
    },
  ]);

/** The keys of each client that fields may have, with the members that their attributes have. */
const usedKeys = (contacts) =>
  contacts.aggregate(
    [
      { $match: { 'cf.k': { $regex: /^[a-z][a-z0-9_]{0,35}$/ } } },
      { $unwind: '$cf' },
      { $match: { 'cf.k': { $regex: /^[a-z][a-z0-9_]{0,35}$/ } } },
      {
        $group: {
          _id: { clientId: '$clientId', key: '$cf.k' },
          ...Object.fromEntries(
            kinds.map(({ member }) => [
              member,
              { $max: { $cond: [{ $eq: [{ $type: `$cf.${member}` }, 'missing'] }, 0, 1] } },
            ]),
          ),
        },
      },
      { $group: { _id: '$_id.clientId', keys: { $push: { key: '$_id.key', s: '$s', n: '$n', b: '$b' } } } },
    ],
    { allowDiskUse: true },
  );

async function defineFields(db) {
  const fields = db.collection('custom_fields');
  for await (const { _id: clientId, keys } of usedKeys(db.collection('contacts'))) {
    // Some may exist already, from a run that did not end.
    const existing = await fields.find({ clientId }).toArray();
    const fresh = keys
      .map(({ key, ...members }) => ({ key, types: kinds.filter(({ member }) => members[member] === 1) }))
      .filter(({ key, types }) => types.length === 1 && !existing.some((field) => field.key === key))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1));
    const slots = Array.from({ length: maxFields }, (_value, slot) => slot).filter(
      (slot) => !existing.some((field) => field.slot === slot),
    );
    if (fresh.length === 0 || fresh.length > slots.length) continue;
    const now = new Date();
    const definitions = fresh.map(({ key, types }, index) => ({
      ...{ clientId, key, label: key, type: types[0].type, required: false },
      ...{ order: slots[index], slot: slots[index], usedAt: now, createdAt: now, version: 1 },
    }));
    await fields.insertMany(definitions);
  }
}

export async function up(db) {
  await db
    .collection('custom_fields')
    .createIndexes([
      { key: { clientId: 1, key: 1 }, unique: true },
      { key: { clientId: 1, slot: 1 }, unique: true },
      { key: { clientId: 1, order: 1, _id: 1 } },
    ]);
  const contacts = db.collection('contacts');
  await fillAttributes(contacts);
  await contacts.createIndexes(
    ['s', 'n', 'd'].map((member) => ({
      key: { clientId: 1, 'cf.k': 1, [`cf.${member}`]: 1, _id: 1 },
      partialFilterExpression: { [member === 's' ? 'cf.k' : `cf.${member}`]: { $exists: true } },
    })),
  );
  await defineFields(db);
}
