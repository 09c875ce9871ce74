import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

/**
 * For segments: the country of each contact's number, and when each conversation last took in a message of the business. The
 * old version stores neither in what it writes while this runs; a contact gets its country with its next change.
 */
const batchSize = 500;

export async function up(db) {
  const contacts = db.collection('contacts');
  await contacts.createIndexes([
    {
      key: { clientId: 1, country: 1, createdAt: -1, _id: -1 },
      partialFilterExpression: { country: { $exists: true } },
    },
  ]);
  await fillCountries(contacts);
  await fillOutbound(db);
}

async function fillCountries(contacts) {
  const without = contacts.find(
    { country: { $exists: false } },
    { projection: { phoneNumber: 1, whatsappId: 1 }, batchSize },
  );
  let writes = [];
  const write = async () => {
    if (writes.length > 0) await contacts.bulkWrite(writes, { ordered: false });
    writes = [];
  };
  for await (const { _id, phoneNumber, whatsappId } of without) {
    const country =
      countryOf(phoneNumber) ?? countryOf(whatsappId === undefined ? undefined : `+${whatsappId}`);
    if (country === undefined) continue;
    // Only for the number that was read: the new version may have changed both.
    const filter = { _id, phoneNumber: phoneNumber ?? null, whatsappId: whatsappId ?? null, country: null };
    writes.push({ updateOne: { filter, update: { $set: { country } } } });
    if (writes.length === batchSize) await write();
  }
  await write();
}

const countryOf = (phone) => (phone === undefined ? undefined : parsePhoneNumberFromString(phone)?.country);

async function fillOutbound(db) {
  const conversations = db.collection('conversations');
  const messages = db.collection('messages');
  const without = conversations.find(
    { lastOutboundAt: { $exists: false } },
    { projection: { clientId: 1 }, batchSize },
  );
  for await (const { _id, clientId } of without) {
    const latest = await messages.findOne(
      { clientId, conversationId: _id, direction: 'outbound' },
      { projection: { timestamp: 1 }, sort: { timestamp: -1, _id: -1 } },
    );
    if (latest !== null)
      await conversations.updateOne({ _id }, { $max: { lastOutboundAt: latest.timestamp } });
  }
}
