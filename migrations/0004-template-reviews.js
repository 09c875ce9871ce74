/**
 * Templates as the provider knows them: found by its id and by its account, synchronised by a schedule. Like in 0001
 * everything is written out here, because a migration must do the same in a year. It may run twice.
 */
const collections = {
  templates: [{ key: { clientId: 1, channelId: 1, providerTemplateId: 1 } }],
  template_syncs: [{ key: { clientId: 1, channelId: 1 }, unique: true }, { key: { nextSyncAt: 1 } }],
};

const nameOf = (key) => Object.entries(key).flat().join('_');

export async function up(db) {
  const existing = new Set(
    (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
  );
  for (const [name, indexes] of Object.entries(collections)) {
    if (!existing.has(name)) await db.createCollection(name);
    await db.collection(name).createIndexes(indexes.map((spec) => ({ name: nameOf(spec.key), ...spec })));
  }
}
