import assert from 'node:assert/strict';
import { digitsOf } from '../support/coexistence.ts';
import { newWamid, secondsFromNow } from '../support/consent.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { useEventStage } from '../support/event-stage.ts';
import { changeOf, envelopeOf } from '../support/meta.ts';

/** A message of WhatsApp, `ago` seconds before now by its clock. */
interface Told {
  readonly ago: number;
  readonly isMove: boolean;
  readonly message: object;
}

const [first, second, third, fourth] = ['51', '52', '53', '54'].map((end) => digitsOf(phoneEndingIn(end)));

const wrote = (ago: number, text: string, sender: object): Told => ({
  ...{ ago, isMove: false },
  message: { ...sender, type: 'text', text: { body: text } },
});
const moved = (ago: number, from: string | undefined, to: string | undefined): Told => ({
  ...{ ago, isMove: true },
  message: { from, type: 'system', system: { type: 'user_changed_number', wa_id: to } },
});
/** WhatsApp tells the new number with the new user id, and not the old one. */
const gotUserId = (ago: number, [from, to]: [string, string], number: string | undefined): Told => ({
  ...{ ago, isMove: true },
  message: {
    ...{ from: number, from_user_id: from, type: 'system' },
    system: { type: 'user_changed_user_id', user_id: to, wa_id: number },
  },
});

const orders: readonly (readonly [string, (told: readonly Told[]) => readonly Told[]])[] = [
  ['in order', (told) => told],
  ['the latest first', (told) => told.toReversed()],
  ['the changes last', (told) => told.toSorted((a, b) => Number(a.isMove) - Number(b.isMove))],
  ['the changes first', (told) => told.toSorted((a, b) => Number(b.isMove) - Number(a.isMove))],
  ['twice', (told) => [...told, ...told.toReversed()]],
];

describe('api › WhatsApp tells that a person has moved by their new user id', function () {
  this.timeout(60_000);
  const { hear, someone } = useEventStage('unannounced-moves');

  const worlds: readonly (readonly [string, readonly Told[]])[] = [
    [
      'STOP, the move, another move; START by the next owner of the first number',
      [
        wrote(9_000, 'STOP', { from: first, from_user_id: 'DE.1' }),
        gotUserId(8_000, ['DE.1', 'DE.2'], second),
        moved(7_000, second, third),
        wrote(6_000, 'Hello', { from: first, from_user_id: 'DE.3' }),
        wrote(5_000, 'START', { from: first }),
      ],
    ],
    [
      'the move, told in the same second by both; then STOP and a message; START by the next owner of the first number',
      [
        wrote(9_000, 'Hello', { from: third, from_user_id: 'DE.9' }),
        gotUserId(8_500, ['DE.9', 'DE.10'], fourth),
        moved(8_000, first, third),
        gotUserId(8_000, ['DE.1', 'DE.2'], third),
        wrote(7_000, 'STOP', { from: third, from_user_id: 'DE.2' }),
        wrote(6_000, 'START', { from: first }),
        moved(5_000, fourth, second),
        wrote(4_000, 'START', { from: second, from_user_id: 'DE.10' }),
        wrote(3_000, 'Hello', { from: third, from_user_id: 'DE.2' }),
      ],
    ],
  ];

  const codeIn = (body: object): unknown => ('code' in body ? body.code : undefined);
  async function tell(user: CrmUser, told: readonly Told[]): Promise<void> {
    const bodies = told.map(({ ago, message }) => {
      const messages = [{ id: newWamid(), timestamp: secondsFromNow(-ago), ...message }];
      return envelopeOf(changeOf(user.phoneNumberId, { messages }));
    });
    for (const body of bodies) await hear(body);
  }

  for (const [world, told] of worlds)
    for (const [order, sorted] of orders)
      it(`${world}; heard ${order} › nothing is sent to whoever said STOP`, async () => {
        const { user } = await someone();
        await tell(user, sorted(told));
        const refused = await user.trySend({ to: `+${third}` });
        assert.deepEqual([refused.status, codeIn(refused.body)], [409, 'contact-opted-out']);
        assert.equal((await user.trySend({ to: `+${first}` })).status, 201);
      });
});
