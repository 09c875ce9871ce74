/**
 * An unread event that may tell an identity of a person holds what is sent to the person, as one that may be an opt-out does.
 * The index keeps its name, by which workers of the version before ask: with the new key it serves them, too, only slower,
 * and while it is built they put their calls off.
 */
export async function up(db) {
  const events = db.collection('webhook_events');
  const old = (await events.indexes()).some(({ name, key }) => name === 'unread' && 'persons' in key);
  if (old) await events.dropIndex('unread');
  await events.updateMany(
    {
      holdsSends: true,
      holds: { $exists: false },
      nextAttemptAt: { $exists: true },
      persons: { $exists: true },
    },
    [{ $set: { holds: { $map: { input: '$persons', in: { person: '$$this', unless: '' } } } } }],
  );
  await events.createIndexes([
    {
      key: { 'holds.person': 1, 'holds.unless': 1, source: 1 },
      name: 'unread',
      partialFilterExpression: { holdsSends: true, nextAttemptAt: { $exists: true } },
    },
  ]);
}
