/**
 * The searched form of usernames on contacts, and usernames on the leads that copy them. The old version still writes usernames
 * while this runs; such a contact is found by its username after its next change.
 */
const key = { clientId: 1, usernameKey: 1, _id: 1 };
const index = { key, partialFilterExpression: { usernameKey: { $exists: true } } };

/** As `usernameKeyOf` in src/people/contacts/rules.ts at the time of this migration. */
const usernameKeyOf = (username) => username.trim().replace(/^@/, '').toLowerCase().slice(0, 64);

const batchSize = 1_000;

export async function up(db) {
  const contacts = db.collection('contacts');
  const leads = db.collection('leads');
  let named = [];
  const flush = async () => {
    if (named.length === 0) return;
    // Only the username that was read: a newer one has its own key.
    const ofContacts = named.map(({ _id, username, $set }) => ({
      updateOne: { filter: { _id, username }, update: { $set } },
    }));
    const ofLeads = named.map(({ _id, clientId, username, $set }) => ({
      updateOne: { filter: { clientId, contactId: _id }, update: { $set: { username, ...$set } } },
    }));
    await contacts.bulkWrite(ofContacts, { ordered: false });
    await leads.bulkWrite(ofLeads, { ordered: false });
    named = [];
  };
  const withUsername = contacts.find(
    { username: { $type: 'string' } },
    { projection: { username: 1, clientId: 1 } },
  );
  for await (const contact of withUsername) {
    named.push({ ...contact, $set: { usernameKey: usernameKeyOf(contact.username) } });
    if (named.length === batchSize) await flush();
  }
  await flush();
  await contacts.createIndexes([index]);
  await leads.createIndexes([index]);
}
