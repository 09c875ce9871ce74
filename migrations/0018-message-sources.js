/**
 * What a message holds beyond its fields, as the provider sent it: in a collection of its own, so that no list reads it.
 * Messages stored before keep theirs in `content.raw`, which is still shown.
 */
const indexes = [
  { key: { clientId: 1, messageId: 1, eventId: 1 }, name: 'clientId_1_messageId_1_eventId_1', unique: true },
  { key: { createdAt: 1 }, name: 'createdAt_1', expireAfterSeconds: 180 * 24 * 60 * 60 },
];

export async function up(db) {
  const existing = await db.listCollections({ name: 'message_sources' }, { nameOnly: true }).toArray();
  if (existing.length === 0) await db.createCollection('message_sources');
  await db.collection('message_sources').createIndexes(indexes);
}
