import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Types, type ClientSession } from 'mongoose';
import { createInboundService } from '../../src/sending/messages/incoming/inbound.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import { parseWebhookBody } from '../../src/whatsapp/events.ts';
import { newWamid } from '../support/consent.ts';
import { phoneEndingIn, signUp, type CrmUser } from '../support/crm-client.ts';
import { useMessagingApi } from '../support/messaging-api.ts';

interface Contact {
  readonly id: string;
  readonly phone: string;
}

/** Long enough for a request that nothing holds up. */
const headStartMs = 400;

describe('deletion of a contact beside the beginning of a conversation', function () {
  this.timeout(60_000);
  const api = useMessagingApi('contact_deletion');
  let user: CrmUser;

  before(async () => {
    user = await signUp(api().url);
  });

  const scope = () => scopeOf(new Types.ObjectId(user.clientId));
  const core = () => api().api.core;

  async function addContact(): Promise<Contact> {
    const phone = phoneEndingIn('01');
    const contact = await user.call<{ id: string }>('/api/contacts', {
      ...{ method: 'POST', body: { phoneNumber: phone } },
    });
    const { id: contactId } = contact.body;
    // A lead of its own: then nothing but the conversation is to be made for a message.
    const lead = await user.call('/api/leads', { method: 'POST', body: { contactId } });
    assert.deepEqual([contact.status, lead.status], [201, 201]);
    return { id: contactId, phone };
  }
  const remove = async ({ id }: Contact) =>
    (await user.call(`/api/contacts/${id}`, { method: 'DELETE' })).status;
  const send = async ({ id: contactId }: Contact) =>
    (await user.trySend({ contactId, templateName: 'hello_world' })).status;

  /** The contact writes, as the worker takes it from a webhook; the name of the error, as of a retried event. */
  async function hear({ phone }: Contact): Promise<string> {
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const message = { id: newWamid(), from: phone.slice(1), timestamp, type: 'text', text: { body: 'Hi' } };
    const [item] = parseWebhookBody(JSON.stringify({ messages: [message] }));
    assert.ok(item?.kind === 'message');
    const channelId = new Types.ObjectId(user.channelId);
    return createInboundService(core())
      .receive(scope(), channelId, item)
      .then(
        () => 'stored',
        (error: unknown) => (error as { code?: string }).code ?? 'error',
      );
  }

  /** What is left: of a contact that is gone, nothing may be. */
  async function leftOf({ id }: Contact) {
    const contactId = new Types.ObjectId(id);
    const [contacts, conversations, messages, leads] = await Promise.all([
      api().collection('contacts').countDocuments({ _id: contactId }),
      ...['conversations', 'messages', 'leads'].map((name) =>
        api().collection(name).countDocuments({ contactId }),
      ),
    ]);
    return { contacts, conversations, messages, leads };
  }
  const nothing = { contacts: 0, conversations: 0, messages: 0, leads: 0 };
  const whole = { contacts: 1, conversations: 1, messages: 1, leads: 1 };

  /** Runs `writes` in a transaction that ends only after `other` had time to be answered, unless it waits for it. */
  async function during<T>(writes: (session: ClientSession) => Promise<unknown>, other: () => Promise<T>) {
    let answer: Promise<T> | undefined;
    await core().runInTransaction(async (session) => {
      await writes(session);
      answer ??= other();
      await Promise.race([answer, sleep(headStartMs)]);
    });
    return answer;
  }
  const beingDeleted =
    ({ id }: Contact) =>
    async (session: ClientSession) => {
      const contactId = new Types.ObjectId(id);
      await core()
        .mongo.collection('contacts')
        .deleteOne({ ...scope(), _id: contactId }, { session });
      await core()
        .mongo.collection('leads')
        .deleteOne({ ...scope(), contactId }, { session });
    };

  describe('a send while the contact is being deleted', () => {
    it('the deletion is stored first › 404, and nothing is left of the contact', async () => {
      const contact = await addContact();
      assert.equal(await during(beingDeleted(contact), () => send(contact)), 404);
      assert.deepEqual(await leftOf(contact), nothing);
    });

    it('the conversation is begun first › the deletion is refused as in-use', async () => {
      const contact = await addContact();
      const key = {
        channelId: new Types.ObjectId(user.channelId),
        contactId: new Types.ObjectId(contact.id),
      };
      const arriving = { at: new Date(), from: [], makesLead: false, awaitsAnswer: false };
      const begin = (session: ClientSession) => core().arrivals.placeWithin(scope(), key, arriving, session);
      assert.equal(await during(begin, () => remove(contact)), 409);
      assert.deepEqual(await leftOf(contact), { ...whole, messages: 0 });
    });
  });

  it('the contact writes while being deleted › the message, once stored, is of a new contact', async () => {
    const contact = await addContact();
    const outcome = await during(beingDeleted(contact), () => hear(contact));
    assert.deepEqual(await leftOf(contact), nothing);
    // The event is tried again if it met the deletion after it had found the contact.
    if (outcome !== 'stored') assert.deepEqual([outcome, await hear(contact)], ['not-found', 'stored']);
    const { body } = await user.call<{ items: { contact: { phoneNumber: string } | null }[] }>(
      '/api/messages?direction=inbound',
    );
    assert.equal(body.items[0]?.contact?.phoneNumber, contact.phone);
    assert.deepEqual(await leftOf(contact), nothing);
  });

  /** How long the second one waits, so that each step of one meets each step of the other. */
  const races = Array.from({ length: 24 }, (_, index) => ({
    aheadMs: Math.floor(index / 2) * 3,
    isDeletionFirst: index % 2 === 0,
  }));

  /** Deletes a contact while `other` uses it, in this order; returns the status of the deletion and the other answer. */
  async function race<T>(
    { aheadMs, isDeletionFirst }: (typeof races)[number],
    contact: Contact,
    other: (contact: Contact) => Promise<T>,
  ): Promise<string> {
    const [deletionMs, otherMs] = isDeletionFirst ? [0, aheadMs] : [aheadMs, 0];
    const [deleted, answered] = await Promise.all([
      sleep(deletionMs).then(() => remove(contact)),
      sleep(otherMs).then(() => other(contact)),
    ]);
    return `${deleted} and ${String(answered)}`;
  }

  it('sent and deleted at once, in both orders › one of both is refused, and no orphan is left', async () => {
    const allowed: Record<string, object> = { '204 and 404': nothing, '409 and 201': whole };
    for (const given of races) {
      const contact = await addContact();
      const outcome = await race(given, contact, send);
      assert.deepEqual(await leftOf(contact), allowed[outcome], `${outcome} after ${given.aheadMs} ms`);
    }
  });

  it('the contact writes and is deleted at once, in both orders › no orphan is left', async () => {
    const allowed: Record<string, object> = {
      '409 and stored': whole,
      // The event is tried again, or has come after the deletion: both make a new contact.
      '204 and not-found': nothing,
      '204 and stored': nothing,
    };
    for (const given of races) {
      const contact = await addContact();
      const outcome = await race(given, contact, hear);
      assert.deepEqual(await leftOf(contact), allowed[outcome], `${outcome} after ${given.aheadMs} ms`);
    }
  });
});
