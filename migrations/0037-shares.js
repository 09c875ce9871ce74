/**
 * Places bound the channels of a business; lines let the mails of businesses take turns. Channels that the old version
 * stores while this runs have no place, and count all the same. Its mails have no line, and share one.
 */
const batchSize = 1_000;

export async function up(db) {
  const channels = db.collection('channels');
  await channels.createIndexes([
    {
      key: { clientId: 1, place: 1 },
      name: 'places',
      unique: true,
      partialFilterExpression: { place: { $exists: true } },
    },
  ]);
  await db.collection('outbox_mails').createIndexes([
    {
      key: { line: 1, nextAttemptAt: 1 },
      name: 'lines',
      partialFilterExpression: { nextAttemptAt: { $exists: true } },
    },
  ]);
  let updates = [];
  const flush = async () => {
    if (updates.length > 0) await channels.bulkWrite(updates, { ordered: false });
    updates = [];
  };
  // One business at a time: a run that was stopped in the middle has given some of its channels places.
  const businesses = channels.aggregate([
    { $sort: { clientId: 1, _id: 1 } },
    { $group: { _id: '$clientId', channels: { $push: { _id: '$_id', place: '$place' } } } },
  ]);
  for await (const { channels: own } of businesses) {
    const taken = new Set(own.map(({ place }) => place));
    let place = 0;
    for (const { _id } of own.filter((channel) => channel.place === undefined)) {
      while (taken.has(place)) place += 1;
      taken.add(place);
      const filter = { _id, place: { $exists: false } };
      updates.push({ updateOne: { filter, update: { $set: { place } } } });
    }
    if (updates.length >= batchSize) await flush();
  }
  await flush();
}
