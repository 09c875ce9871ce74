import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { scopeOf } from '../../src/platform/mongo.ts';
import { useMessagingApi } from '../support/messaging-api.ts';
import type { ContactIdentity } from '../../src/people/contacts/directory.ts';
import { createPersonReader } from '../../src/sending/gates/person.ts';
import {
  changeOf,
  lateWorld,
  recipientOf,
  numberWorld,
  openNumbers,
  phoneOfNumber,
  refusedNumbers,
  senderOf,
  silencedPeople,
  terseWorld,
  type LateWorld,
  type NumberEvent,
} from '../support/number-world.ts';
import { checkWorld, world, type Subject, type WorldEvent } from '../support/people-world.ts';

describe('people in the database', function () {
  this.timeout(240_000);
  const runs = process.env['PEOPLE_RUNS'] === undefined ? undefined : Number(process.env['PEOPLE_RUNS']);
  const running = useMessagingApi('people_properties');
  const time = (seconds: number) => new Date(Date.UTC(2026, 10, 1) + seconds * 1_000);

  /** The real directory of a new client. */
  function inDatabase(): Subject {
    const { contacts } = running().api.core;
    const scope = scopeOf(new Types.ObjectId());
    return {
      async handle(event: WorldEvent) {
        const at = time(event.at);
        if (event.kind === 'change') {
          return (await contacts.follow(scope, event.change, { at }))._id.toHexString();
        }
        const sighting = { identity: event.identity, at };
        if (event.kind === 'receipt')
          return (await contacts.learn(scope, sighting))?._id.toHexString() ?? null;
        const { _id } = await contacts.recognise(scope, sighting);
        if (event.word !== 'hi') {
          const status = event.word === 'STOP' ? 'opted-out' : 'opted-in';
          await contacts.recordStatement(scope, _id, {
            status,
            source: 'keyword',
            at,
            eventId: `${event.at}`,
          });
        }
        return _id.toHexString();
      },
      async contacts() {
        const found = await running().collection('contacts').find({ clientId: scope.clientId }).toArray();
        return found.map(({ _id, identityKeys }) => ({
          id: String(_id),
          identityKeys: identityKeys as string[],
        }));
      },
      async isOptedOut(id) {
        const contact = await contacts.findById(scope, new Types.ObjectId(id));
        assert.ok(contact !== null);
        return (await contacts.personOf(scope, contact)).isOptedOut;
      },
    };
  }

  it('any events, shuffled and repeated › one contact per identity, and the last word of the person counts', () =>
    fc.assert(
      fc.asyncProperty(world, async (given) => {
        await checkWorld(given.deliveries, inDatabase(), async (handle) => {
          for (const event of given.deliveries) await handle(event);
        });
      }),
      { numRuns: runs ?? 25, endOnFailure: true },
    ));

  it('two workers with the same events at once › one contact per identity, and the last word of the person counts', () =>
    fc.assert(
      fc.asyncProperty(world, async (given) => {
        // A receipt that taught one worker nothing may teach the other, who knows more by then.
        const handled = [...given.deliveries, ...given.deliveries.toReversed()];
        await checkWorld(handled, inDatabase(), async (handle) => {
          const isEarly = ({ kind, at }: WorldEvent) => kind !== 'receipt' && at < 10_000;
          const stages = [
            given.deliveries.filter(isEarly),
            given.deliveries.filter(({ kind }) => kind === 'receipt'),
            given.deliveries.filter(({ at }) => at >= 10_000),
          ];
          for (const events of stages) {
            const work = async (ordered: readonly WorldEvent[]) => {
              for (const event of ordered) await handle(event);
            };
            await Promise.all([work(events), work(events.toReversed())]);
          }
        });
      }),
      { numRuns: runs ?? 20, endOnFailure: true },
    ));

  /** The real directory and consent of a new client, and the gate that every message passes. */
  function numbersInDatabase() {
    const { contacts, consent, addressStops } = running().api.core;
    const scope = scopeOf(new Types.ObjectId());
    const readPerson = createPersonReader({ contacts, addressStops });
    return {
      async handle(event: NumberEvent): Promise<void> {
        const at = time(event.at);
        if (event.kind === 'change') {
          await contacts.follow(scope, changeOf(event), { at });
          return;
        }
        if (event.kind === 'receipt') {
          const { sent } = event;
          await contacts.learn(scope, { identity: recipientOf(sent), at, since: time(sent.at) });
          return;
        }
        const from = senderOf(event);
        const { _id } = await contacts.recognise(scope, { identity: from, at });
        const statement = { source: 'keyword', at, eventId: `${event.at}`, from };
        if (event.word === 'STOP') await consent.stop(scope, _id, statement);
        if (event.word === 'START') await consent.start(scope, _id, statement);
      },
      async isRefused(number: number): Promise<boolean> {
        const to = phoneOfNumber(number);
        const contact =
          (await contacts.findByPhone(scope, to)) ?? (await contacts.draft(scope, { phoneNumber: to }));
        const facts = await readPerson(scope, { contactId: contact._id, to }, contact);
        return facts === null || facts.consent.hasOptedOut || facts.consent.hasAddressOptedOut;
      },
      /** Whether a message to exactly this address may leave, whichever contact it is for. */
      async isOpen({ phoneNumber: to, businessScopedUserId }: ContactIdentity): Promise<boolean> {
        const found = await contacts.contactsOfAddress(scope, { phoneNumber: to, businessScopedUserId });
        const fresh = await contacts.draft(scope, { phoneNumber: to, businessScopedUserId });
        const address = to === undefined ? { recipientUserId: businessScopedUserId ?? '' } : { to };
        for (const contact of found.length === 0 ? [fresh] : found) {
          const facts = await readPerson(scope, { contactId: contact._id, ...address }, contact);
          if (facts !== null && !facts.consent.hasOptedOut && !facts.consent.hasAddressOptedOut) return true;
        }
        return false;
      },
    };
  }

  it('numbers that are recycled, swapped and taken back, announced in order › also reached where the person has said START or nothing', () =>
    fc.assert(
      fc.asyncProperty(numberWorld, async (given) => {
        const { handle, isRefused } = numbersInDatabase();
        for (const event of given.events) await handle(event);
        for (const { number, why } of refusedNumbers(given))
          assert.ok(await isRefused(number), `${phoneOfNumber(number)} is open, but ${why}`);
        for (const { number, why } of openNumbers(given))
          assert.ok(!(await isRefused(number)), `${phoneOfNumber(number)} is refused, but ${why}`);
      }),
      { numRuns: runs ?? 25, endOnFailure: true },
    ));

  const assertSilent = async (
    given: LateWorld,
    deliver: (handle: (event: NumberEvent) => Promise<void>) => Promise<void>,
  ) => {
    const { handle, isOpen } = numbersInDatabase();
    await deliver(handle);
    for (const address of silencedPeople(given))
      assert.ok(!(await isOpen(address)), `${JSON.stringify(address)} is open, but said STOP last`);
  };

  it('numbers that change hands, announced late and in reverse › nothing is sent to a person whose last word was STOP', () =>
    fc.assert(
      fc.asyncProperty(lateWorld, (given) =>
        assertSilent(given, async (handle) => {
          for (const event of given.deliveries) await handle(event);
        }),
      ),
      { numRuns: runs ?? 20, endOnFailure: true },
    ));

  it('some moves are told by the new user id alone, some START name only the number › nothing is sent to a person whose last word was STOP', () =>
    fc.assert(
      fc.asyncProperty(terseWorld, (given) =>
        assertSilent(given, async (handle) => {
          for (const event of given.deliveries) await handle(event);
        }),
      ),
      { numRuns: runs ?? 20, endOnFailure: true },
    ));

  it('numbers that change hands, two workers with the same events › nothing is sent to a person whose last word was STOP', () =>
    fc.assert(
      fc.asyncProperty(lateWorld, (given) =>
        assertSilent(given, async (handle) => {
          const work = async (events: readonly NumberEvent[]) => {
            for (const event of events) await handle(event);
          };
          await Promise.all([work(given.deliveries), work(given.deliveries.toReversed())]);
        }),
      ),
      { numRuns: runs ?? 20, endOnFailure: true },
    ));
});
