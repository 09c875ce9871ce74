import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { ContactView } from '../../src/people/contacts/schemas.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { useApi } from '../support/api.ts';
import { appSecret, newWamid, postEvent, secondsFromNow } from '../support/consent.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { changeOf, envelopeOf } from '../support/meta.ts';
import { startTestProcessor, type TestProcessor } from '../support/processor.ts';

describe('api › what receipts and answers prove of a person', function () {
  this.timeout(60_000);
  const api = useApi('people_evidence', { env: { WHATSAPP_APP_SECRETS: appSecret } });
  let processor: TestProcessor;
  let user: CrmUser;

  before(async () => {
    processor = await startTestProcessor(api());
  });
  beforeEach(async () => {
    user = await api().signUp();
    await api().collection('webhook_events').deleteMany({});
  });
  afterEach(async () => {
    assert.deepEqual(processor.probe.takeViolations(), []);
    assert.equal(
      await api()
        .collection('webhook_events')
        .countDocuments({ status: { $ne: 'done' } }),
      0,
    );
  });
  after(() => processor.close());

  const digits = (phone: string) => phone.replace('+', '');
  const at = secondsFromNow;
  const hear = async (...bodies: readonly object[]) => {
    for (const body of bodies) {
      await postEvent(api(), body);
      await processor.drain();
    }
  };
  const wrote = (message: object) =>
    envelopeOf(
      changeOf(user.phoneNumberId, {
        messages: [{ id: newWamid(), timestamp: at(0), type: 'text', text: { body: 'Hi' }, ...message }],
      }),
    );
  const receipt = (status: object, contacts: readonly object[] = []) =>
    envelopeOf(
      changeOf(user.phoneNumberId, {
        contacts,
        statuses: [{ status: 'delivered', timestamp: at(0), ...status }],
      }),
    );
  /** An accepted message, and the provider's id of it. */
  const sent = async (to: string) => {
    const { id, contactId } = await user.send({ to });
    const wamid = newWamid();
    await api()
      .collection<MessageDoc>('messages')
      .updateOne({ _id: new Types.ObjectId(id) }, { $set: { status: 'sent', providerMessageId: wamid } });
    return { wamid, contactId };
  };
  const read = async (id: string): Promise<ContactView> =>
    (await user.call<ContactView>(`/api/contacts/${id}`)).body;
  const everyone = async (): Promise<ContactView[]> =>
    (await user.call<{ items: ContactView[] }>('/api/contacts')).body.items.toReversed();
  const phone = phoneEndingIn('41');

  it('a receipt names the user id of a number › a STOP from that id alone stops the number', async () => {
    const { wamid, contactId } = await sent(phone);
    await hear(receipt({ id: wamid, recipient_id: digits(phone), recipient_user_id: 'DE.1' }));
    await hear(wrote({ from_user_id: 'DE.1', text: { body: 'STOP' } }));
    const [contact, ...others] = await everyone();
    assert.deepEqual(others, []);
    assert.deepEqual([contact?.id, contact?.optInStatus], [contactId, 'opted-out']);
  });

  it('a receipt names it only in `contacts`, or names the parent id › learnt too', async () => {
    const { wamid, contactId } = await sent(phone);
    await hear(
      receipt({ id: wamid, recipient_id: digits(phone) }, [{ wa_id: digits(phone), user_id: 'DE.1' }]),
    );
    await hear(receipt({ id: wamid, status: 'read', parent_recipient_user_id: 'DE.ENT.1' }));
    const { businessScopedUserId, parentUserId } = await read(contactId);
    assert.deepEqual(
      { businessScopedUserId, parentUserId },
      { businessScopedUserId: 'DE.1', parentUserId: 'DE.ENT.1' },
    );
  });

  it('a receipt of a group, of a failure that names the user id alone, or late for a number that the person has left › teaches nothing', async () => {
    const { wamid, contactId } = await sent(phone);
    const named = { id: wamid, recipient_id: digits(phone), recipient_user_id: 'DE.9' };
    await hear(
      receipt({ ...named, recipient_type: 'group' }),
      receipt({ id: wamid, recipient_user_id: 'DE.9', status: 'failed', errors: [{ code: 131026 }] }),
    );
    const next = phoneEndingIn('42');
    await hear(
      wrote({
        from: digits(phone),
        timestamp: at(-20),
        type: 'system',
        system: { type: 'user_changed_number', wa_id: digits(next) },
      }),
    );
    await hear(receipt({ ...named, status: 'read' }));
    const contact = await read(contactId);
    assert.deepEqual([contact.phoneNumber, contact.businessScopedUserId], [next, null]);
    assert.equal((await everyone()).length, 1);
  });

  it('a receipt of a failure names number and user id › a STOP from that id alone stops the number', async () => {
    const { wamid, contactId } = await sent(phone);
    const named = { id: wamid, recipient_id: digits(phone), recipient_user_id: 'DE.1' };
    await hear(receipt({ ...named, status: 'failed', errors: [{ code: 131000 }] }));
    await hear(wrote({ from_user_id: 'DE.1', text: { body: 'STOP' } }));
    const [contact, ...others] = await everyone();
    assert.deepEqual(others, []);
    assert.deepEqual([contact?.id, contact?.optInStatus], [contactId, 'opted-out']);
    assert.equal((await user.trySend({ to: phone })).status, 409);
  });

  it('a receipt and a message each name one half of two contacts › the same person, opted out on both sides', async () => {
    const { wamid, contactId } = await sent(phone);
    await hear(wrote({ from_user_id: 'DE.1', timestamp: at(-5), text: { body: 'STOP' } }));
    await hear(receipt({ id: wamid, recipient_id: digits(phone), recipient_user_id: 'DE.1' }));
    const [first, second, ...others] = await everyone();
    assert.deepEqual(others, []);
    assert.deepEqual([first?.optInStatus, second?.optInStatus], ['opted-out', 'opted-out']);
    assert.deepEqual([first?.id, second?.samePerson[0]?.contactId], [contactId, contactId]);
    assert.equal((await user.trySend({ to: phone })).status, 409);
  });

  it('somebody unknown answers our message › the contact that we sent it to', async () => {
    const { wamid, contactId } = await sent(phone);
    await hear(wrote({ from_user_id: 'DE.1', context: { id: wamid }, text: { body: 'STOP' } }));
    const [contact, ...others] = await everyone();
    assert.deepEqual(others, []);
    assert.deepEqual(
      [contact?.id, contact?.businessScopedUserId, contact?.optInStatus],
      [contactId, 'DE.1', 'opted-out'],
    );
  });

  it('another number answers our message › two contacts of one person, both opted out', async () => {
    const { wamid, contactId } = await sent(phone);
    await hear(wrote({ from: digits(phoneEndingIn('43')), context: { id: wamid }, text: { body: 'STOP' } }));
    const [first, second] = await everyone();
    assert.deepEqual([first?.optInStatus, second?.optInStatus], ['opted-out', 'opted-out']);
    assert.deepEqual(
      second?.samePerson.map((same) => [same.contactId, same.reason]),
      [[contactId, 'answered']],
    );
  });

  it('a notice of a new security code names number and user id › a STOP from that id alone stops the number', async () => {
    const { contactId } = await sent(phone);
    const system = { type: 'customer_identity_changed', wa_id: digits(phone), user_id: 'DE.1' };
    await hear(wrote({ from: digits(phone), type: 'system', system }));
    await hear(wrote({ from_user_id: 'DE.1', text: { body: 'STOP' } }));
    assert.deepEqual(
      (await everyone()).map(({ id, optInStatus }) => [id, optInStatus]),
      [[contactId, 'opted-out']],
    );
    assert.equal((await user.trySend({ to: phone })).status, 409);
  });

  it('a notice of a new security code names another number than its sender › teaches nothing', async () => {
    await sent(phone);
    const system = { type: 'customer_identity_changed', wa_id: digits(phoneEndingIn('44')), user_id: 'DE.1' };
    await hear(wrote({ from: digits(phone), type: 'system', system }));
    assert.deepEqual(
      (await everyone()).map(({ phoneNumber, businessScopedUserId }) => [phoneNumber, businessScopedUserId]),
      [[phone, null]],
    );
  });

  it('a participant of a group quotes our message › proves nothing', async () => {
    const { wamid } = await sent(phone);
    const other = digits(phoneEndingIn('44'));
    await hear(wrote({ from: other, group_id: 'group-1', context: { id: wamid } }));
    assert.deepEqual(
      (await everyone()).map(({ samePerson }) => samePerson),
      [[], []],
    );
  });

  describe('a contact who has opted out is deleted', () => {
    const identities = { phoneNumber: phone, businessScopedUserId: 'DE.7' };
    const remove = async () => {
      const created = await user.call<ContactView>('/api/contacts', { method: 'POST', body: identities });
      const path = `/api/contacts/${created.body.id}`;
      const body = { optInStatus: 'opted-out', consent: { source: 'phone call' } };
      assert.equal((await user.call(path, { method: 'PATCH', body })).status, 200);
      assert.equal((await user.call(path, { method: 'DELETE' })).status, 204);
    };

    it('an import creates them again as opted in › still opted out, until a new consent is recorded', async () => {
      await remove();
      const body = { phoneNumber: phone, optInStatus: 'opted-in', consent: { source: 'list' } };
      const again = await user.call<ContactView>('/api/contacts', { method: 'POST', body });
      assert.deepEqual([again.status, again.body.optInStatus], [201, 'opted-out']);
      assert.equal((await user.trySend({ to: phone })).status, 409);
      const change = { optInStatus: 'opted-in', consent: { source: 'form' } };
      await user.call(`/api/contacts/${again.body.id}`, { method: 'PATCH', body: change });
      assert.equal((await read(again.body.id)).optInStatus, 'opted-in');
    });

    it('they write under another identity that the contact had › still opted out', async () => {
      await remove();
      await hear(wrote({ from_user_id: 'DE.7' }));
      assert.deepEqual(
        (await everyone()).map(({ optInStatus }) => optInStatus),
        ['opted-out'],
      );
    });

    it('a new contact learns an identity that the deleted one had › opted out from then on', async () => {
      await remove();
      const other = digits(phoneEndingIn('45'));
      await hear(wrote({ from: other, timestamp: at(-5) }));
      assert.deepEqual(
        (await everyone()).map(({ optInStatus }) => optInStatus),
        ['unknown'],
      );
      await hear(wrote({ from: other, from_user_id: 'DE.7' }));
      assert.deepEqual(
        (await everyone()).map(({ optInStatus }) => optInStatus),
        ['opted-out'],
      );
    });
  });

  describe('a contact is deleted, and WhatsApp then announces their new number by numbers alone', () => {
    const next = phoneEndingIn('46');
    const announce = () =>
      hear(
        wrote({
          from: digits(phone),
          timestamp: at(0),
          type: 'system',
          system: { type: 'user_changed_number', wa_id: digits(next) },
        }),
      );
    const create = async (body: object) =>
      `/api/contacts/${(await user.call<ContactView>('/api/contacts', { method: 'POST', body })).body.id}`;
    const patch = async (path: string, body: object) =>
      assert.equal((await user.call(path, { method: 'PATCH', body })).status, 200);
    const remove = async (path: string) =>
      assert.equal((await user.call(path, { method: 'DELETE' })).status, 204);
    const preference = () =>
      envelopeOf({
        ...changeOf(user.phoneNumberId, {
          user_preferences: [
            { user_id: 'DE.7', category: 'marketing_messages', value: 'stop', timestamp: Number(at(-20)) },
          ],
        }),
        field: 'user_preferences',
      });

    it('opted out by hand › the new number stays stopped, and the contact says so', async () => {
      const path = await create({ phoneNumber: phone });
      await patch(path, { optInStatus: 'opted-out', consent: { source: 'phone call' } });
      await remove(path);
      await announce();
      assert.equal((await user.trySend({ to: next })).status, 409);
      assert.deepEqual(
        (await everyone()).map(({ phoneNumber, optInStatus }) => [phoneNumber, optInStatus]),
        [[next, 'opted-out']],
      );
    });

    it('opted out by hand, with the new number known already › stopped too', async () => {
      const path = await create({ phoneNumber: phone });
      await patch(path, { optInStatus: 'opted-out', consent: { source: 'phone call' } });
      await remove(path);
      await create({ phoneNumber: next });
      await announce();
      assert.equal((await user.trySend({ to: next })).status, 409);
    });

    it('blocked › the new number is blocked', async () => {
      const path = await create({ phoneNumber: phone });
      await patch(path, { isBlocked: true });
      await remove(path);
      await announce();
      assert.deepEqual(
        (await everyone()).map(({ phoneNumber, isBlocked }) => [phoneNumber, isBlocked]),
        [[next, true]],
      );
      assert.equal((await user.trySend({ to: next })).status, 409);
    });

    it('marketing turned off under the user id › marketing stays off at the new number', async () => {
      const path = await create({ phoneNumber: phone, businessScopedUserId: 'DE.7' });
      await hear(preference());
      assert.equal((await user.call<ContactView>(path)).body.marketingStopped, true);
      await remove(path);
      await announce();
      assert.deepEqual(
        (await everyone()).map(({ phoneNumber, marketingStopped }) => [phoneNumber, marketingStopped]),
        [[next, true]],
      );
    });

    it('STOP from another contact of the same person › the new number stays stopped', async () => {
      const path = await create({ phoneNumber: phone, businessScopedUserId: 'DE.7' });
      const other = digits(phoneEndingIn('47'));
      await hear(
        wrote({ from: other, timestamp: at(-30), text: { body: 'STOP' } }),
        wrote({ from: other, from_user_id: 'DE.7', timestamp: at(-20) }),
      );
      assert.equal((await user.call<ContactView>(path)).body.optInStatus, 'opted-out');
      await remove(path);
      await announce();
      assert.equal((await user.trySend({ to: next })).status, 409);
    });
  });

  describe('a number changes hands between our message and its read receipt', () => {
    const next = phoneEndingIn('48');
    const moveAway = (fields: object = {}) =>
      wrote({
        from: digits(phone),
        timestamp: at(-3_000),
        type: 'system',
        system: { type: 'user_changed_number', wa_id: digits(next) },
        ...fields,
      });
    /** Sends a message long before the number changes hands. */
    const sentBefore = async () => {
      const { wamid, contactId } = await sent(phone);
      const timestamp = new Date(Date.now() - 6_000_000);
      await api()
        .collection<MessageDoc>('messages')
        .updateOne({ providerMessageId: wamid }, { $set: { timestamp, 'dispatch.startedAt': timestamp } });
      return { wamid, contactId };
    };
    const readBy = (wamid: string) =>
      receipt({
        id: wamid,
        status: 'read',
        recipient_id: digits(phone),
        recipient_user_id: 'DE.1',
        timestamp: at(-1_000),
      });
    const stranger = { from: digits(phone), from_user_id: 'DE.9' };

    it('the next owner writes, the receipt names the first person › two people, and a START of one does not open the other', async () => {
      await hear(wrote({ from: digits(phone), from_user_id: 'DE.1', timestamp: at(-7_000) }));
      const { wamid } = await sentBefore();
      await hear(moveAway({ from_user_id: 'DE.1' }), wrote({ ...stranger, timestamp: at(-2_000) }));
      await hear(readBy(wamid));
      assert.deepEqual(
        (await everyone()).map(({ phoneNumber, businessScopedUserId, samePerson }) => [
          phoneNumber,
          businessScopedUserId,
          samePerson,
        ]),
        [
          [next, null, []],
          [phone, 'DE.9', []],
        ],
      );
      await hear(wrote({ from: digits(next), timestamp: at(-500), text: { body: 'STOP' } }));
      await hear(wrote({ ...stranger, timestamp: at(-100), text: { body: 'START' } }));
      assert.deepEqual(
        (await everyone()).map(({ phoneNumber, optInStatus }) => [phoneNumber, optInStatus]),
        [
          [next, 'opted-out'],
          [phone, 'opted-in'],
        ],
      );
      assert.equal((await user.trySend({ to: next })).status, 409);
      assert.equal((await user.trySend({ to: phone })).status, 201);
    });

    it('only the receipt names the first person’s user id › STOP from that id stops the new number', async () => {
      const { wamid } = await sentBefore();
      await hear(moveAway(), readBy(wamid));
      await hear(wrote({ from_user_id: 'DE.1', timestamp: at(-500), text: { body: 'STOP' } }));
      assert.equal((await user.trySend({ to: next })).status, 409);
    });
  });

  it('one of two linked contacts moves, and the other says STOP › stopped at the new number', async () => {
    const { wamid } = await sent(phone);
    const [other, next] = [phoneEndingIn('43'), phoneEndingIn('49')];
    await hear(wrote({ from: digits(other), timestamp: at(-90), context: { id: wamid } }));
    await hear(
      wrote({
        from: digits(other),
        timestamp: at(-60),
        type: 'system',
        system: { type: 'user_changed_number', wa_id: digits(next) },
      }),
      wrote({ from: digits(phone), timestamp: at(-10), text: { body: 'STOP' } }),
    );
    assert.equal((await user.trySend({ to: next })).status, 409);
  });

  it('a receipt of a message that is not ours names a number and a user id › they stay two people', async () => {
    const { contactId } = await sent(phone);
    await hear(wrote({ from_user_id: 'DE.5', timestamp: at(-5) }));
    await postEvent(
      api(),
      receipt({ id: newWamid(), recipient_id: digits(phone), recipient_user_id: 'DE.5', status: 'read' }),
    );
    await processor.drain();
    assert.deepEqual((await read(contactId)).samePerson, []);
    await api().collection('webhook_events').deleteMany({});
  });

  describe('numbers of a plan that has changed, or that we do not know', () => {
    const spellings: readonly [string, string, string][] = [
      ['Benin', '22997123401', '+2290197123401'],
      ['Ivory Coast, Moov', '22541123402', '+2250141123402'],
      ['Ivory Coast, MTN', '22544123403', '+2250544123403'],
      ['Ivory Coast, Orange', '22507123404', '+2250707123404'],
      ['Ivory Coast, a landline', '22520212345', '+2252720212345'],
      ['Gabon, Airtel', '24107280150', '+24177280150'],
      ['Gabon, Libertis, without the 0', '2416031234', '+24166031234'],
    ];
    for (const [country, waId, phoneNumber] of spellings) {
      it(`${country}: a STOP from the old spelling › the contact of the new one`, async () => {
        const { contactId } = await user.send({ to: phoneNumber });
        await hear(wrote({ from: waId, text: { body: 'STOP' } }));
        const contact = await read(contactId);
        assert.deepEqual(
          [contact.phoneNumber, contact.whatsappId, contact.optInStatus],
          [phoneNumber, waId, 'opted-out'],
        );
        assert.equal((await everyone()).length, 1);
      });
    }

    it('digits that no plan allows › a contact with these digits and no verified number, no dead letter', async () => {
      await hear(wrote({ from: '22521356' }), wrote({ from: '22521356' }));
      const [contact, ...others] = await everyone();
      assert.deepEqual(others, []);
      assert.deepEqual([contact?.phoneNumber, contact?.whatsappId], [null, '22521356']);
      const answer = await user.trySend({ contactId: contact?.id });
      assert.deepEqual([answer.status, answer.body.to], [201, '+22521356']);
    });
  });
});
