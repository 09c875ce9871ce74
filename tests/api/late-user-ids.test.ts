import assert from 'node:assert/strict';
import type { ContactView } from '../../src/people/contacts/schemas.ts';
import { digitsOf, fieldOf, messagesOf } from '../support/coexistence.ts';
import { newWamid, secondsFromNow } from '../support/consent.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { useEventStage } from '../support/event-stage.ts';
import { changeOf, envelopeOf } from '../support/meta.ts';

const hourS = 3_600;

describe('api › a late message under a user id that has moved on', function () {
  this.timeout(60_000);
  const { hear, someone } = useEventStage('late-user-ids');
  const there = phoneEndingIn('51');
  const elsewhere = phoneEndingIn('52');
  let user: CrmUser;

  beforeEach(async () => {
    ({ user } = await someone());
  });

  const update = (phone: string, [previous, current]: readonly [string, string], hoursAgo: number) =>
    fieldOf(user, 'user_id_update', {
      contacts: [{ profile: { name: 'x' }, user_id: current, wa_id: digitsOf(phone) }],
      user_id_update: [
        {
          ...{ wa_id: digitsOf(phone), detail: 'changed', user_id: { previous, current } },
          timestamp: secondsFromNow(-hoursAgo * hourS),
        },
      ],
    });
  const late = () =>
    envelopeOf(
      changeOf(user.phoneNumberId, {
        metadata: { phone_number_id: user.phoneNumberId },
        messages: [
          {
            ...{ id: newWamid(), from: digitsOf(there), from_user_id: 'DE.30', type: 'text' },
            ...{ text: { body: 'from the old number' }, timestamp: secondsFromNow(-20 * hourS) },
          },
        ],
      }),
    );
  const left = () => update(elsewhere, ['DE.30', 'DE.31'], 10);
  const came = () => update(there, ['DE.20', 'DE.21'], 5);

  const orders: readonly (readonly [string, () => readonly object[]])[] = [
    ['one left the number, another came, then the message', () => [left(), came(), late()]],
    ['told in the other order', () => [came(), left(), late()]],
  ];
  for (const [what, bodiesOf] of orders)
    it(`${what} › it stands with its writer, and nobody is linked`, async () => {
      for (const body of bodiesOf()) await hear(body);
      const [message, ...more] = (await messagesOf(user)).filter(({ messageType }) => messageType === 'text');
      assert.deepEqual([message?.content.text, more], ['from the old number', []]);
      const { body } = await user.call<{ items: ContactView[] }>('/api/contacts');
      const shown = body.items.map(({ businessScopedUserId, samePerson }) => [
        businessScopedUserId,
        samePerson,
      ]);
      assert.deepEqual(
        new Map(shown as [string, unknown][]),
        new Map([
          ['DE.31', []],
          ['DE.21', []],
        ] as const),
      );
      const writer = body.items.find(({ businessScopedUserId }) => businessScopedUserId === 'DE.31');
      assert.equal(message?.contactId, writer?.id);
    });
});
