import { Types } from 'mongoose';

/**
 * Tags and groups as rows, whose ids contacts and segments hold. Tags were texts of contacts, which could differ in case and
 * accents only: those become one tag, named as most contacts wrote it. Contacts keep the texts, which the old version reads
 * while this runs, until their next change. What the old version writes meanwhile is not taken over (ADR 0075).
 */
const plainLetters = {
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', þ: 'th', ĳ: 'ij' },
  ...{ ø: 'o', ł: 'l', đ: 'd', ð: 'd', ħ: 'h', ŧ: 't', ŋ: 'n', ı: 'i', ĸ: 'k', ə: 'e' },
};
const letters = new RegExp(`[${Object.keys(plainLetters).join('')}]`, 'gu');
const apostrophes = /[\u2018\u2019\u201B\u02BC\u02B9\u2032\u00B4\u0060\uFF07]/gu;
const hyphens = /[\u2010-\u2015\u2212]/gu;
const withPlainMarks = (text) => text.replace(apostrophes, "'").replace(hyphens, '-');

/** As `setKeyOf` in src/people/contact-sets/rules.ts at the time of this migration. */
function keyOf(name) {
  const decomposed = withPlainMarks(withPlainMarks(name).normalize('NFKD'));
  const plain = decomposed.replace(/\p{M}/gu, '').toLowerCase();
  const typed = plain.replace(letters, (letter) => plainLetters[letter] ?? letter);
  return typed.replace(/\s+/gu, ' ').trim().slice(0, 64).trimEnd() || name;
}

const batchSize = 500;

export async function up(db) {
  for (const name of ['tags', 'contact_groups'])
    await db.collection(name).createIndexes([
      { key: { clientId: 1, nameKey: 1 }, unique: true },
      { key: { clientId: 1, slot: 1 }, unique: true },
    ]);
  await db
    .collection('segments')
    .createIndexes(['tags', 'groups'].map((kind) => ({ key: { clientId: 1, [`references.${kind}`]: 1 } })));
  const contacts = db.collection('contacts');
  await contacts.createIndexes(
    ['tagIds', 'groupIds'].map((sets) => ({
      key: { clientId: 1, [sets]: 1, createdAt: -1, _id: -1 },
      partialFilterExpression: { [sets]: { $exists: true } },
    })),
  );
  const byClient = await makeTags(db);
  await fillIds(contacts, byClient);
  await fillSegments(db.collection('segments'), byClient);
  const old = await contacts.indexes();
  for (const { name, key } of old) if ('tags' in key) await contacts.dropIndex(name);
}

/** The names that contacts of each client have as tags, and those that its segments ask for. */
async function namesByClient(db) {
  const byClient = new Map();
  const add = (clientId, name, count) => {
    const client = byClient.get(String(clientId)) ?? { clientId, counts: new Map() };
    byClient.set(String(clientId), client);
    client.counts.set(name, (client.counts.get(name) ?? 0) + count);
  };
  const used = db
    .collection('contacts')
    .aggregate(
      [
        { $match: { 'tags.0': { $exists: true } } },
        { $unwind: '$tags' },
        { $group: { _id: { clientId: '$clientId', name: '$tags' }, count: { $sum: 1 } } },
      ],
      { allowDiskUse: true },
    );
  for await (const { _id, count } of used) add(_id.clientId, _id.name, count);
  for await (const { clientId, filter } of db.collection('segments').find({ 'references.fields': 'tags' })) {
    const texts = textsIn(filter);
    const ids = await idsAmong(db.collection('tags'), clientId, texts);
    for (const text of texts) if (!ids.has(text)) add(clientId, text, 0);
  }
  return byClient;
}

/** The tags of each client by their keys. Some may exist already, from a run that did not end. */
async function makeTags(db) {
  const tags = db.collection('tags');
  const made = new Map();
  for (const [client, { clientId, counts }] of await namesByClient(db)) {
    const existing = await tags.find({ clientId }).toArray();
    const ids = new Map(existing.map(({ nameKey, _id }) => [nameKey, _id]));
    // A client may have more than it may make later.
    let slot = Math.max(-1, ...existing.map((tag) => tag.slot));
    const now = new Date();
    const byUse = [...counts].toSorted(([a, most], [b, least]) => least - most || (a < b ? -1 : 1));
    for (const [name] of byUse) {
      const nameKey = keyOf(name);
      if (ids.has(nameKey)) continue;
      slot += 1;
      const fresh = { clientId, name, nameKey, slot, createdAt: now, version: 1 };
      const { insertedId } = await tags.insertOne(fresh);
      ids.set(nameKey, insertedId);
    }
    made.set(client, ids);
  }
  return made;
}

async function fillIds(contacts, byClient) {
  const without = contacts.find(
    { 'tags.0': { $exists: true }, tagIds: { $exists: false } },
    { projection: { clientId: 1, tags: 1 }, batchSize },
  );
  let writes = [];
  const write = async () => {
    if (writes.length > 0) await contacts.bulkWrite(writes, { ordered: false });
    writes = [];
  };
  for await (const { _id, clientId, tags } of without) {
    const ids = byClient.get(String(clientId));
    const own = new Map(tags.map((name) => [keyOf(name), ids?.get(keyOf(name))]));
    const tagIds = [...own.values()].filter((id) => id !== undefined);
    // Only for the tags that were read.
    const filter = { _id, tags, tagIds: { $exists: false } };
    if (tagIds.length > 0) writes.push({ updateOne: { filter, update: { $set: { tagIds } } } });
    if (writes.length === batchSize) await write();
  }
  await write();
}

const isObject = (node) => typeof node === 'object' && node !== null;

function leavesOf(node) {
  if (!isObject(node)) return [];
  if (node.field !== undefined) return [node];
  return [...(node.all ?? []), ...(node.any ?? []), ...(node.not === undefined ? [] : [node.not])].flatMap(
    leavesOf,
  );
}

/** What the conditions on tags compare with. */
const textsIn = (filter) =>
  leavesOf(filter).flatMap(({ field, value }) => (field === 'tags' && Array.isArray(value) ? value : []));

/** The texts that are ids already, from a run that did not end. A name may look like one, and is one only if a tag has it. */
async function idsAmong(tags, clientId, texts) {
  const alike = texts.filter((text) => /^[0-9a-f]{24}$/.test(text));
  if (alike.length === 0) return new Set();
  const _id = { $in: alike.map((text) => Types.ObjectId.createFromHexString(text)) };
  return new Set((await tags.find({ clientId, _id }).toArray()).map((tag) => String(tag._id)));
}

/** The filter with ids of tags instead of names. */
function withIds(node, ids) {
  if (node.field === 'tags' && Array.isArray(node.value)) {
    const known = new Set([...ids.values()].map(String));
    const own = node.value.map((text) => (known.has(text) ? text : String(ids.get(keyOf(text)) ?? text)));
    return { ...node, value: [...new Set(own)] };
  }
  if (node.field !== undefined) return node;
  if (node.not !== undefined) return { not: withIds(node.not, ids) };
  const [group] = Object.keys(node);
  return { [group]: node[group].map((part) => withIds(part, ids)) };
}

async function fillSegments(segments, byClient) {
  for await (const { _id, clientId, filter, version } of segments.find({ 'references.fields': 'tags' })) {
    const ids = byClient.get(String(clientId));
    if (ids === undefined) continue;
    const next = withIds(filter, ids);
    if (JSON.stringify(next) === JSON.stringify(filter)) continue;
    const tags = [...new Set(textsIn(next))];
    const change = { filter: next, 'references.tags': tags, 'references.groups': [] };
    await segments.updateOne({ _id, version }, { $set: change, $inc: { version: 1 } });
  }
}
