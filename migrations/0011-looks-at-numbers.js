/**
 * What the provider knows of a number (its portfolio, its limits) is learnt by looking at it: an index of what is due, and
 * a first look at all numbers that were connected before. The sandbox's own numbers have nothing to learn.
 */
const looks = {
  key: { 'look.at': 1 },
  name: 'looks',
  partialFilterExpression: { 'look.at': { $exists: true } },
};

export async function up(db) {
  const channels = db.collection('channels');
  await channels.createIndexes([looks]);
  await channels.updateMany(
    { portfolioId: { $exists: false }, look: { $exists: false }, phoneNumberId: { $not: /^sandbox-/ } },
    { $set: { look: { at: new Date(), tries: 0 } } },
  );
}
