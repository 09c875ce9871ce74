/** What the channel addresses of each business have stored on each day, so that none can fill the disk. */
const name = 'webhook_usage';

const indexes = [
  { key: { clientId: 1, day: 1 }, name: 'clientId_1_day_1', unique: true },
  { key: { expiresAt: 1 }, name: 'expiresAt_1', expireAfterSeconds: 0 },
];

export async function up(db) {
  const existing = await db.listCollections({ name }, { nameOnly: true }).toArray();
  if (existing.length === 0) await db.createCollection(name);
  await db.collection(name).createIndexes(indexes);
}
