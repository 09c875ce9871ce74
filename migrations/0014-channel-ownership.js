/**
 * A number belongs to the channel that has proved it. Until now one channel per number existed over all clients, proved
 * or not; now any number of candidates may name it, and at most one channel owns it: the one that is no candidate.
 *
 * The new indexes hold before the old one goes, so that no number ever has two owners. A channel that the previous
 * version stores meanwhile is no candidate either, and conflicts with the owner.
 */
const owner = { key: { phoneNumberId: 1, 'ownership.candidate': 1 }, name: 'owner', unique: true };
const numberOfClient = { key: { clientId: 1, phoneNumberId: 1 }, name: 'number-of-client', unique: true };

export async function up(db) {
  const channels = db.collection('channels');
  await channels.createIndexes([owner, numberOfClient]);
  const look = { at: new Date(), tries: 0 };
  // The provider has described these numbers to their token; whether the account contains them, the check will tell.
  await channels.updateMany({ ownership: { $exists: false }, verification: { $exists: true } }, [
    {
      $set: {
        ownership: { state: 'verified', checkedAt: '$verification.at', unproved: 'account' },
        look,
      },
    },
  ]);
  // The product made these numbers for the sandbox itself.
  await channels.updateMany({ ownership: { $exists: false }, phoneNumberId: /^sandbox-[0-9a-f]{24}$/ }, [
    { $set: { ownership: { state: 'verified', checkedAt: '$createdAt' } } },
  ]);
  await channels.updateMany({ ownership: { $exists: false } }, [
    { $set: { ownership: { state: 'unverified', gap: 'not-checked', candidate: '$_id' }, look } },
  ]);
  const existing = await channels.indexes();
  if (existing.some(({ name }) => name === 'phoneNumberId_1')) await channels.dropIndex('phoneNumberId_1');
}
