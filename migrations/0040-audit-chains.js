/**
 * Chains of audit events: their ends, anchors, and the filters of the list. Nothing of the stored events changes: every
 * event without a `seq` is unsealed, also one that the old version writes while this runs, and the worker seals it.
 */
// The indexes create the collections; `createCollection` would fail when this runs again after a crash.
export async function up(db) {
  await db
    .collection('audit_events')
    .createIndexes([
      { key: { clientId: 1, 'actor.userId': 1, at: -1, _id: -1 } },
      { key: { clientId: 1, action: 1, at: -1, _id: -1 } },
      { key: { clientId: 1, seq: 1 }, unique: true, partialFilterExpression: { seq: { $exists: true } } },
      { key: { clientId: 1, at: 1, _id: 1 }, name: 'unsealed', partialFilterExpression: { seq: null } },
    ]);
  await db.collection('audit_chains').createIndexes([
    { key: { clientId: 1 }, unique: true },
    { key: { anchorAt: 1 }, name: 'anchors-due', sparse: true },
  ]);
  await db.collection('audit_anchors').createIndexes([{ key: { clientId: 1, seq: 1 }, unique: true }]);
}
