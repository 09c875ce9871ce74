import assert from 'node:assert/strict';
import { digitsOf, fieldOf } from '../support/coexistence.ts';
import { newWamid, secondsFromNow } from '../support/consent.ts';
import type { CrmUser } from '../support/crm-client.ts';
import { useEventStage } from '../support/event-stage.ts';
import { changeOf, envelopeOf } from '../support/meta.ts';

/** Two contacts, one known by the number and one by the user id; an event names both, and STOP comes from the user id. */
describe('api › an event names a number and a user id that two contacts have › STOP from the one stops the other', function () {
  this.timeout(60_000);
  const { hear, someone } = useEventStage('names-tie-people');
  const userId = 'DE.1';
  const parentId = 'DE.ENT.1';
  let user: CrmUser;
  let number: string;

  beforeEach(async () => {
    const made = await someone();
    user = made.user;
    number = digitsOf(made.phone);
  });

  const live = (message: object, contacts: readonly object[] = []) =>
    envelopeOf(
      changeOf(user.phoneNumberId, {
        ...(contacts.length === 0 ? {} : { contacts }),
        messages: [{ id: newWamid(), ...message }],
      }),
    );
  const said = (text: string, ago: number, more: object) =>
    live({ type: 'text', text: { body: text }, timestamp: secondsFromNow(-ago), ...more });
  const both = () => [{ wa_id: number, user_id: userId }];
  const call = (more: object) =>
    fieldOf(user, 'calls', {
      calls: [{ id: newWamid(), event: 'connect', timestamp: secondsFromNow(-300), ...more }],
    });
  const update = (item: object, contacts: readonly object[]) =>
    fieldOf(user, 'user_id_update', {
      ...(contacts.length === 0 ? {} : { contacts }),
      user_id_update: [{ timestamp: secondsFromNow(-300), ...item }],
    });
  const named = () => ({ from: number, from_user_id: userId });

  async function assertStopped(...events: readonly object[]) {
    await hear(...events);
    const { status } = await user.trySend({ to: `+${number}` });
    assert.equal(status, 409);
  }

  const events: readonly (readonly [string, () => readonly object[]])[] = [
    ['a call', () => [call({ ...named(), direction: 'USER_INITIATED' })]],
    [
      'a call of the business',
      () => [call({ to: number, to_user_id: userId, direction: 'BUSINESS_INITIATED' })],
    ],
    ['a message in a group', () => [said('Hi', 300, { ...named(), group_id: 'group-1' })]],
    [
      'a message from the phone of the business',
      () => [
        fieldOf(user, 'smb_message_echoes', {
          message_echoes: [
            {
              ...{ id: newWamid(), from: '15550001000', to: number, to_user_id: userId },
              ...{ timestamp: secondsFromNow(-300), type: 'text', text: { body: 'Hi' } },
            },
          ],
        }),
      ],
    ],
    [
      'an entry of the address book',
      () => [
        fieldOf(user, 'smb_app_state_sync', {
          state_sync: [
            {
              ...{ type: 'contact', action: 'add', metadata: { timestamp: secondsFromNow(-300) } },
              contact: { full_name: 'Ana', phone_number: number, user_id: userId },
            },
          ],
        }),
      ],
    ],
    [
      'a change of the user id, with the number in `contacts` alone',
      () => [update({ user_id: { previous: 'DE.0', current: userId } }, both())],
    ],
  ];
  for (const [what, tying] of events)
    for (const order of ['in order', 'the latest first'])
      it(`${what}; heard ${order}`, async () => {
        const told = [
          said('Hi', 500, { from: number }),
          said('Hi', 400, { from_user_id: userId }),
          ...tying(),
          said('STOP', 200, { from_user_id: userId }),
        ];
        await assertStopped(...(order === 'in order' ? told : told.toReversed()));
      });

  for (const [kind, change] of [
    [
      'an edit',
      (id: string) => ({ type: 'edit', edit: { original_message_id: id, message: textOf('Bye') } }),
    ],
    ['a revocation', (id: string) => ({ type: 'revoke', revoke: { original_message_id: id } })],
    ['a repetition that named less', (id: string) => ({ id, ...textOf('Hi') })],
  ] as const)
    it(`${kind} by the user id came before the message itself`, async () => {
      const id = newWamid();
      await assertStopped(
        said('Hi', 500, { from: number }),
        live({ id: newWamid(), timestamp: secondsFromNow(-300), from_user_id: userId, ...change(id) }),
        live({ id, timestamp: secondsFromNow(-400), ...named(), ...textOf('Hi') }, both()),
        said('STOP', 200, { from_user_id: userId }),
      );
    });

  it('an edit to STOP by the user id came before the message itself', async () => {
    const id = newWamid();
    const edit = { original_message_id: id, message: textOf('STOP') };
    await assertStopped(
      said('Hi', 500, { from: number }),
      live({ timestamp: secondsFromNow(-300), from_user_id: userId, type: 'edit', edit }),
      live({ id, timestamp: secondsFromNow(-400), ...named(), ...textOf('Hi') }, both()),
    );
  });

  it('a change of the parent id alone names the number', async () => {
    await assertStopped(
      said('Hi', 500, { from: number }),
      update({ wa_id: number, parent_user_id: { previous: 'DE.ENT.0', current: parentId } }, []),
      said('STOP', 200, { from_user_id: userId, from_parent_user_id: parentId }),
    );
  });
});

const textOf = (body: string) => ({ type: 'text', text: { body } });
