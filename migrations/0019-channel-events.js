/**
 * What the provider reports about accounts, numbers and templates is kept for people to read, each event once per channel;
 * and the names in webhook bodies that the product does not know.
 */
const halfYearSeconds = 183 * 24 * 60 * 60;
const quarterSeconds = 92 * 24 * 60 * 60;

// The indexes create the collections; `createCollection` would fail when this runs again after a crash.
export async function up(db) {
  await db
    .collection('channel_events')
    .createIndexes([
      { key: { clientId: 1, channelId: 1, key: 1 }, unique: true },
      { key: { clientId: 1, channelId: 1, at: -1, _id: -1 } },
      { key: { receivedAt: 1 }, name: 'expiry', expireAfterSeconds: halfYearSeconds },
    ]);
  await db
    .collection('unknown_webhook_words')
    .createIndexes([{ key: { lastSeenAt: 1 }, name: 'expiry', expireAfterSeconds: quarterSeconds }]);
}
