import assert from 'node:assert/strict';
import fc from 'fast-check';
import { digitsOf, fieldOf, messagesOf } from '../support/coexistence.ts';
import { newWamid, secondsFromNow } from '../support/consent.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { useEventStage } from '../support/event-stage.ts';
import { changeOf, envelopeOf } from '../support/meta.ts';

/** What WhatsApp says, and how many seconds ago by its clock. Numbers and user ids are places in lists of three. */
type Told = { readonly ago: number } & (
  | { readonly kind: 'wrote'; readonly number: number | null; readonly userId: number | null }
  | {
      readonly kind: 'number-changed';
      readonly number: number;
      readonly to: number;
      readonly userId: number | null;
    }
  | {
      readonly kind: 'user-id-changed';
      readonly number: number;
      readonly userId: number;
      readonly to: number;
    }
);

const place = fc.nat({ max: 2 });
const maybe = fc.option(place);
const ago = fc.integer({ min: 1, max: 100 });
const kind = <Kind extends Told['kind']>(name: Kind) => fc.constant(name);
const told: fc.Arbitrary<Told> = fc.oneof(
  fc
    .record({ kind: kind('wrote'), number: maybe, userId: maybe, ago })
    .filter(({ number, userId }) => number !== null || userId !== null),
  fc.record({ kind: kind('number-changed'), number: place, to: place, userId: maybe, ago }),
  fc.record({ kind: kind('user-id-changed'), number: place, userId: place, to: place, ago }),
);

const defaultRuns = 20;
const numRuns = Number(process.env['PEOPLE_RUNS'] ?? defaultRuns);

describe('api › any messages and changes of identities, then all of them again in another order', function () {
  this.timeout(numRuns * 10_000);
  const { api, hear, someone } = useEventStage('redelivery-worlds');
  const numbers = ['51', '52', '53'].map((end) => digitsOf(phoneEndingIn(end)));
  const idAt = (index: number) => `DE.${index}`;

  function bodyOf(user: CrmUser, one: Told): object {
    const timestamp = secondsFromNow(-one.ago);
    if (one.kind === 'user-id-changed') {
      const user_id = { previous: idAt(one.userId), current: idAt(one.to) };
      return fieldOf(user, 'user_id_update', {
        user_id_update: [{ wa_id: numbers[one.number], user_id, timestamp }],
      });
    }
    const message = {
      ...{ id: newWamid(), timestamp },
      ...(one.number === null ? {} : { from: numbers[one.number] }),
      ...(one.userId === null ? {} : { from_user_id: idAt(one.userId) }),
      ...(one.kind === 'wrote'
        ? { type: 'text', text: { body: 'Hello' } }
        : { type: 'system', system: { type: 'user_changed_number', wa_id: numbers[one.to] } }),
    };
    const metadata = { phone_number_id: user.phoneNumberId };
    return envelopeOf(changeOf(user.phoneNumberId, { metadata, messages: [message] }));
  }

  it('every message › stored once, and every event done', async () => {
    const events = fc.array(fc.tuple(told, fc.nat()), { minLength: 3, maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(events, async (all) => {
        const { user } = await someone();
        const first = all.map(([one, rank]) => ({ body: bodyOf(user, one), rank }));
        const again = first.toSorted((a, b) => a.rank - b.rank);
        for (const { body } of [...first, ...again]) await hear(body);
        const ids = (await messagesOf(user)).map(({ providerMessageId }) => providerMessageId);
        assert.equal(ids.length, new Set(ids).size);
        assert.equal(ids.length, all.filter(([one]) => one.kind !== 'user-id-changed').length);
        const open = await api()
          .collection('webhook_events')
          .countDocuments({ status: { $ne: 'done' } });
        assert.equal(open, 0);
      }),
      { numRuns },
    );
  });
});
