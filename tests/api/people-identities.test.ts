import assert from 'node:assert/strict';
import type { ContactView } from '../../src/people/contacts/schemas.ts';
import { useApi } from '../support/api.ts';
import { appSecret, contactOf, newWamid, postEvent, secondsFromNow } from '../support/consent.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { changeOf, envelopeOf } from '../support/meta.ts';
import { startTestProcessor, type TestProcessor } from '../support/processor.ts';

describe('api › one person is one person', function () {
  this.timeout(60_000);
  const api = useApi('people_identities', { env: { WHATSAPP_APP_SECRETS: appSecret } });
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

  const hear = async (...bodies: readonly object[]) => {
    for (const body of bodies) {
      await postEvent(api(), body);
      await processor.drain();
    }
  };
  const digits = (phone: string) => phone.replace('+', '');
  const at = secondsFromNow;
  const wrote = (message: object, contacts: readonly object[] = []) =>
    envelopeOf(
      changeOf(user.phoneNumberId, {
        ...(contacts.length === 0 ? {} : { contacts }),
        messages: [{ id: newWamid(), timestamp: at(0), type: 'text', text: { body: 'Hi' }, ...message }],
      }),
    );
  const system = (fields: object, content: object) => wrote({ ...fields, type: 'system', system: content });
  const numberChange = (from: string, to: string, timestamp: string) =>
    system(
      { from: digits(from), timestamp },
      {
        type: 'user_changed_number',
        wa_id: digits(to),
        body: `User A changed from ${digits(from)} to ${digits(to)}`,
      },
    );
  const userIdUpdate = (previous: string, current: string, fields: object = {}) => ({
    object: 'whatsapp_business_account',
    entry: [
      {
        id: `sandbox-${user.clientId}`,
        time: Number(at(0)),
        changes: [
          {
            field: 'user_id_update',
            value: {
              messaging_product: 'whatsapp',
              metadata: { phone_number_id: user.phoneNumberId },
              user_id_update: [{ user_id: { previous, current }, timestamp: Number(at(-10)), ...fields }],
            },
          },
        ],
      },
    ],
  });
  const everyone = async (): Promise<ContactView[]> => {
    const { body } = await user.call<{ items: ContactView[] }>('/api/contacts');
    return body.items.toReversed();
  };
  const onlyContact = async (): Promise<ContactView> => {
    const [contact, ...others] = await everyone();
    assert.ok(contact !== undefined);
    assert.deepEqual(others, []);
    return contact;
  };
  const identitiesOf = ({ phoneNumber, whatsappId, businessScopedUserId, optInStatus }: ContactView) => ({
    phoneNumber,
    whatsappId,
    businessScopedUserId,
    optInStatus,
  });
  const aliasesOf = ({ aliases }: ContactView) =>
    aliases.map(({ field, value, until, reason }) => [field, value, until !== null, reason]);
  const threadOf = async (contactId: string) => {
    const threads = await user.call<{ items: { id: string }[] }>(`/api/conversations?contactId=${contactId}`);
    const [thread, ...others] = threads.body.items;
    assert.ok(thread !== undefined && others.length === 0);
    const messages = await user.call<{ items: { type: string }[] }>(
      `/api/messages?conversationId=${thread.id}`,
    );
    return messages.body.items;
  };

  describe('the number changes', () => {
    const [old, now] = [phoneEndingIn('11'), phoneEndingIn('12')];
    const forms: readonly [string, (timestamp: string) => object][] = [
      ['with `from`', (timestamp) => numberChange(old, now, timestamp)],
      [
        'without `from`, named by `customer`',
        (timestamp) =>
          system({ timestamp }, { type: 'user_changed_number', wa_id: digits(now), customer: digits(old) }),
      ],
      [
        'without `from`, named by the text',
        (timestamp) =>
          system(
            { timestamp, from: null },
            {
              type: 'user_changed_number',
              wa_id: digits(now),
              body: `User A changed from ${digits(old)} to ${digits(now)}`,
            },
          ),
      ],
      [
        'in the words of older versions',
        (timestamp) =>
          system(
            { timestamp, from: digits(old) },
            { type: 'customer_changed_number', new_wa_id: digits(now), body: '' },
          ),
      ],
      [
        'with the new number as `from`',
        (timestamp) =>
          system(
            { timestamp, from: digits(now) },
            { type: 'user_changed_number', wa_id: digits(now), customer: digits(old) },
          ),
      ],
    ];
    for (const [form, change] of forms) {
      it(`STOP, then a new number ${form} › one contact, still opted out, and the old number is an alias`, async () => {
        await hear(wrote({ from: digits(old), timestamp: at(-60), text: { body: 'STOP' } }));
        await hear(change(at(-30)), wrote({ from: digits(now), from_user_id: 'DE.2' }));
        const contact = await onlyContact();
        assert.deepEqual(identitiesOf(contact), {
          phoneNumber: now,
          whatsappId: digits(now),
          businessScopedUserId: 'DE.2',
          optInStatus: 'opted-out',
        });
        assert.deepEqual(aliasesOf(contact), [['phoneNumber', old, true, 'number-changed']]);
        assert.equal((await user.trySend({ to: now })).status, 409);
        assert.equal((await threadOf(contact.id)).length, 3);
      });
    }

    it('a stranger gets the old number › a new contact, who has not opted out', async () => {
      await hear(wrote({ from: digits(old), timestamp: at(-60), text: { body: 'STOP' } }));
      await hear(numberChange(old, now, at(-30)), wrote({ from: digits(old), from_user_id: 'DE.9' }));
      const [person, stranger, ...others] = await everyone();
      assert.deepEqual(others, []);
      assert.deepEqual([person?.phoneNumber, person?.optInStatus], [now, 'opted-out']);
      assert.deepEqual([stranger?.phoneNumber, stranger?.optInStatus], [old, 'unknown']);
      assert.deepEqual([person?.samePerson, stranger?.samePerson], [[], []]);
    });

    it('a STOP from before the change arrives after a stranger has the number › counts for the person', async () => {
      await hear(wrote({ from: digits(old), timestamp: at(-60) }), numberChange(old, now, at(-30)));
      await hear(wrote({ from: digits(old), timestamp: at(-5) }));
      await hear(wrote({ from: digits(old), timestamp: at(-40), text: { body: 'STOP' } }));
      const [person, stranger] = await everyone();
      assert.deepEqual([person?.optInStatus, stranger?.optInStatus], ['opted-out', 'unknown']);
    });

    it('two changes in either order, each twice › the last number, both old ones as aliases', async () => {
      const last = phoneEndingIn('13');
      const views = [];
      for (const isReversed of [false, true]) {
        user = await api().signUp();
        await hear(wrote({ from: digits(old), from_user_id: 'DE.1', timestamp: at(-90) }));
        const changes = [numberChange(old, now, at(-60)), numberChange(now, last, at(-30))];
        const ordered = isReversed ? changes.toReversed() : changes;
        await hear(...ordered, ...ordered);
        const [first] = await everyone();
        assert.ok(first !== undefined);
        const people = await everyone();
        views.push(people.map(({ phoneNumber }) => phoneNumber).filter((phone) => phone !== null));
        if (isReversed)
          assert.deepEqual(
            people.map(({ samePerson }) => samePerson.length),
            [1, 1],
          );
      }
      assert.deepEqual(views, [[last], [last]]);
    });

    it('the new number has a contact already › both opted out, each names the other, nothing is sent to either', async () => {
      await hear(wrote({ from: digits(now), timestamp: at(-90) }));
      await hear(wrote({ from: digits(old), timestamp: at(-60), text: { body: 'STOP' } }));
      const change = numberChange(old, now, at(-30));
      await hear(change, change);
      const [newer, older] = await everyone();
      assert.ok(newer !== undefined && older !== undefined);
      assert.deepEqual([newer.optInStatus, older.optInStatus], ['opted-out', 'opted-out']);
      assert.deepEqual([newer.phoneNumber, older.phoneNumber], [now, null]);
      assert.deepEqual(
        newer.samePerson.map(({ contactId, reason }) => [contactId, reason]),
        [[older.id, 'identity-changed']],
      );
      assert.deepEqual(
        older.samePerson.map(({ contactId }) => contactId),
        [newer.id],
      );
      assert.equal((await user.trySend({ to: now })).status, 409);
    });

    it('START from the new number › counts for both contacts; a block of one is a block of both', async () => {
      await hear(wrote({ from: digits(now), timestamp: at(-90) }));
      await hear(wrote({ from: digits(old), timestamp: at(-60), text: { body: 'STOP' } }));
      await hear(numberChange(old, now, at(-30)));
      await hear(wrote({ from: digits(now), text: { body: 'START' } }));
      assert.deepEqual(
        (await everyone()).map(({ optInStatus }) => optInStatus),
        ['opted-in', 'opted-in'],
      );
      const contact = await contactOf(user, now);
      await user.call(`/api/contacts/${contact?.id}`, { method: 'PATCH', body: { isBlocked: true } });
      assert.deepEqual(
        (await everyone()).map(({ isBlocked }) => isBlocked),
        [true, true],
      );
    });

    it('each change › an audit event that names both sides', async () => {
      await hear(wrote({ from: digits(old), timestamp: at(-60) }), numberChange(old, now, at(-30)));
      const events = await api()
        .collection('audit_events')
        .find({ action: 'contact.identity-changed' })
        .sort({ _id: -1 })
        .toArray();
      assert.deepEqual(
        [events[0]?.['before']?.['phoneNumber'], events[0]?.['after']?.['phoneNumber']],
        [old, now],
      );
    });
  });

  describe('the user id changes', () => {
    const phone = phoneEndingIn('21');
    const stopped = () =>
      wrote({ from: null, from_user_id: 'DE.1', timestamp: at(-60), text: { body: 'STOP' } });

    it('the field user_id_update › the same contact under the new id, opted out', async () => {
      await hear(
        stopped(),
        userIdUpdate('DE.1', 'DE.2', { wa_id: digits(phone), parent_user_id: 'DE.ENT.7' }),
      );
      await hear(wrote({ from: '', from_user_id: 'DE.2' }));
      const contact = await onlyContact();
      assert.deepEqual(identitiesOf(contact), {
        phoneNumber: phone,
        whatsappId: digits(phone),
        businessScopedUserId: 'DE.2',
        optInStatus: 'opted-out',
      });
      assert.deepEqual(
        [contact.parentUserId, aliasesOf(contact)],
        ['DE.ENT.7', [['businessScopedUserId', 'DE.1', true, 'user-id-changed']]],
      );
    });

    it('a system message › the same contact under the new id', async () => {
      await hear(stopped());
      await hear(
        system(
          { from_user_id: 'DE.1', timestamp: at(-30) },
          { type: 'user_changed_user_id', user_id: 'DE.2' },
        ),
      );
      await hear(wrote({ from: 'DE.2' }));
      const contact = await onlyContact();
      assert.deepEqual([contact.businessScopedUserId, contact.optInStatus], ['DE.2', 'opted-out']);
    });

    it('the announcement comes first, the STOP of the old id later › the same contact, opted out', async () => {
      await hear(userIdUpdate('DE.1', 'DE.2'), stopped(), wrote({ from_user_id: 'DE.2' }));
      const contact = await onlyContact();
      assert.deepEqual([contact.businessScopedUserId, contact.optInStatus], ['DE.2', 'opted-out']);
    });

    it('a new security code › no new identity', async () => {
      await hear(wrote({ from: digits(phone), timestamp: at(-60) }));
      await hear(
        system(
          { from: digits(phone) },
          { type: 'customer_identity_changed', identity: 'abc', wa_id: digits(phone) },
        ),
      );
      const contact = await onlyContact();
      assert.deepEqual([contact.phoneNumber, contact.aliases], [phone, []]);
    });
  });

  describe('what events say of a person', () => {
    const phone = phoneEndingIn('31');
    const senders: readonly [string, object, readonly object[]][] = [
      [
        'the user id only in `contacts`',
        { from: digits(phone) },
        [{ wa_id: digits(phone), user_id: 'DE.5' }],
      ],
      ['no `from`, both in `contacts`', {}, [{ wa_id: digits(phone), user_id: 'DE.5' }]],
      ['`from` is null', { from: null, from_user_id: 'DE.5' }, [{ wa_id: digits(phone), user_id: 'DE.5' }]],
      ['the user id in `from`', { from: 'DE.5' }, [{ wa_id: digits(phone), user_id: 'DE.5' }]],
    ];
    for (const [situation, message, contacts] of senders) {
      it(`${situation} › one contact with both`, async () => {
        await hear(wrote(message, contacts));
        const { phoneNumber, businessScopedUserId } = await onlyContact();
        assert.deepEqual(
          { phoneNumber, businessScopedUserId },
          { phoneNumber: phone, businessScopedUserId: 'DE.5' },
        );
      });
    }

    it('only a parent user id › a contact; later events with both › the same one', async () => {
      await hear(wrote({ from_parent_user_id: 'DE.ENT.5', timestamp: at(-9) }));
      await hear(wrote({ from_user_id: 'DE.5', from_parent_user_id: 'DE.ENT.5' }));
      const contact = await onlyContact();
      assert.deepEqual([contact.parentUserId, contact.businessScopedUserId], ['DE.ENT.5', 'DE.5']);
    });

    it('another username › replaces the old one, unless it is older', async () => {
      const named = (username: string, timestamp: string) =>
        wrote({ from: digits(phone), timestamp }, [{ wa_id: digits(phone), profile: { username } }]);
      await hear(named('ana', at(-60)), named('ana.souza', at(-30)), named('old', at(-40)));
      assert.equal((await onlyContact()).username, 'ana.souza');
    });
  });
});
