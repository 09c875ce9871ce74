/**
 * The searched form of names that have letters which Unicode does not decompose (`ø`, `ł`, `ß`), or typographic
 * apostrophes and hyphens. The old version still writes its form while this runs; such a name is found by its new form
 * after its next change.
 */
const plainLetters = {
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', þ: 'th', ĳ: 'ij' },
  ...{ ø: 'o', ł: 'l', đ: 'd', ð: 'd', ħ: 'h', ŧ: 't', ŋ: 'n', ı: 'i', ĸ: 'k', ə: 'e' },
};
const letters = new RegExp(`[${Object.keys(plainLetters).join('')}]`, 'gu');
const apostrophes = /[\u2018\u2019\u201B\u02BC\u02B9\u2032\u00B4\u0060\uFF07]/gu;
const hyphens = /[\u2010-\u2015\u2212]/gu;

/** As `nameKeyOf` in src/platform/name-key.ts at the time of this migration. */
function nameKeyOf(name) {
  const unified = name.replace(apostrophes, "'").replace(hyphens, '-');
  const plain = unified.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const typed = plain.replace(letters, (letter) => plainLetters[letter] ?? letter);
  return typed.replace(/\s+/gu, ' ').trim().slice(0, 64);
}

const batchSize = 1_000;

export async function up(db) {
  for (const name of ['contacts', 'leads', 'users']) {
    const collection = db.collection(name);
    let writes = [];
    const flush = async () => {
      if (writes.length > 0) await collection.bulkWrite(writes, { ordered: false });
      writes = [];
    };
    const named = { name: { $type: 'string' }, nameKey: { $type: 'string' } };
    const documents = collection.find(named, { projection: { name: 1, nameKey: 1 } });
    for await (const { _id, name: text, nameKey: old } of documents) {
      const nameKey = nameKeyOf(text);
      // Only the name that was read: a newer one has its own key.
      if (nameKey !== old)
        writes.push({ updateOne: { filter: { _id, name: text }, update: { $set: { nameKey } } } });
      if (writes.length === batchSize) await flush();
    }
    await flush();
  }
}
