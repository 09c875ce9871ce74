/**
 * A number belongs to the channel that has proved it. Until now one channel per number existed over all clients, proved
 * or not; now several may claim it, and at most one owns it: the one without a claim of its own.
 *
 * The new indexes hold before the old one goes, so that no number ever has two owners. A channel that the previous
 * version stores meanwhile has no claim either, and conflicts with the owner.
 */
const owner = { key: { phoneNumberId: 1, 'ownership.claim': 1 }, name: 'owner', unique: true };
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
    { $set: { ownership: { state: 'unverified', gap: 'not-checked', claim: '$_id' }, look } },
  ]);
  const existing = await channels.indexes();
  if (existing.some(({ name }) => name === 'phoneNumberId_1')) await channels.dropIndex('phoneNumberId_1');
}
