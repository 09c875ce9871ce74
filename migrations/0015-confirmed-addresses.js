/**
 * Links that confirm e-mail addresses, and users with confirmed addresses. Users from before count as confirmed since they
 * were created: they use the product already, and must not lose anything by a deploy.
 */
const indexes = [
  { key: { tokenHash: 1 }, unique: true },
  { key: { clientId: 1, userId: 1 } },
  { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
];

export async function up(db) {
  await db.collection('email_confirmations').createIndexes(indexes);
  await db
    .collection('users')
    .updateMany({ emailConfirmedAt: { $exists: false } }, [{ $set: { emailConfirmedAt: '$createdAt' } }]);
}
