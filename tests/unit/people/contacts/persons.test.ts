import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { applyConsent } from '../../../../src/people/contacts/consent.ts';
import { decideMove, decideSighting, type Proven } from '../../../../src/people/contacts/persons/decide.ts';
import { withConsentOf } from '../../../../src/people/contacts/persons/shared-consent.ts';
import { moved, sighted } from '../../../../src/people/contacts/persons/timeline.ts';
import { lookupKeysOf, type AnyIdentity } from '../../../../src/people/contacts/rules.ts';
import type { ContactIdentity, ContactRecord } from '../../../../src/people/contacts/store/repository.ts';
import { checkWorld, world, type Subject, type WorldEvent } from '../../../support/people-world.ts';

const clientId = new Types.ObjectId();
const storedAt = new Date('2026-11-28T00:00:00Z');
const time = (seconds: number) => new Date(Date.UTC(2026, 10, 1) + seconds * 1_000);
const draft = (): ContactRecord => ({
  _id: new Types.ObjectId(),
  clientId,
  identityKeys: [],
  optInStatus: 'unknown',
  customFields: {},
  consentLog: [],
  createdAt: storedAt,
  updatedAt: storedAt,
  version: 1,
});

/** The pure core with a list instead of a database. */
function inMemory(): Subject {
  const records = new Map<string, ContactRecord>();
  const put = (record: ContactRecord) => {
    records.set(record._id.toHexString(), record);
    return record;
  };
  const read = (id: string) => records.get(id) ?? assert.fail(id);
  const find = (...identities: readonly AnyIdentity[]) => {
    const keys = new Set(identities.flatMap(lookupKeysOf));
    return [...records.values()].filter((record) =>
      [...record.identityKeys, ...(record.formerKeys ?? [])].some((key) => keys.has(key)),
    );
  };
  const personOf = (id: string, seen = new Set<string>()): Set<string> => {
    seen.add(id);
    for (const { contactId } of read(id).samePerson ?? [])
      if (!seen.has(contactId.toHexString())) personOf(contactId.toHexString(), seen);
    return seen;
  };
  const link = (contact: ContactRecord, others: readonly Proven[], at: Date) => {
    for (const { contact: other, reason } of others) {
      const pair = [contact._id, other._id] as const;
      const before = new Map(
        [...personOf(pair[0].toHexString()), ...personOf(pair[1].toHexString())].map((id) => [id, read(id)]),
      );
      for (const [id, record] of before) {
        const shared = [...before.values()]
          .filter((one) => one !== record)
          .reduce((next, one) => withConsentOf(next, one, storedAt), record);
        const to = pair.find((one) => pair.some((end) => end.equals(id)) && !one.equals(id));
        const links = to === undefined ? [] : [{ contactId: to, reason, at }];
        put({ ...shared, samePerson: [...(shared.samePerson ?? []), ...links] });
      }
    }
  };
  const recognise = (identity: ContactIdentity, at: Date, mayCreate: boolean): string | null => {
    const decision = decideSighting({ identity, at }, find(identity));
    if (decision.kind === 'create' && !mayCreate) return null;
    const record =
      decision.kind === 'create'
        ? put(sighted(draft(), { identity, at, leftAt: decision.leftAt }))
        : put(
            sighted(read(decision.contact._id.toHexString()), {
              identity: decision.add,
              at,
              leftAt: decision.leftAt,
            }),
          );
    link(record, decision.kind === 'create' ? [] : decision.sameAs, at);
    return record._id.toHexString();
  };
  const handle = (event: WorldEvent): string | null => {
    const at = time(event.at);
    if (event.kind === 'change') {
      const { moves, leftAt, sameAs } = decideMove(
        { ...event.change, at },
        find(event.change.from ?? {}, event.change.to),
      );
      const { reason } = event.change;
      const [first, ...others] = moves.map(({ contact, from, to }) =>
        put(moved(read(contact._id.toHexString()), { reason, from, to, at, leftAt })),
      );
      assert.ok(others.length <= sameAs.length);
      const next = first ?? put(moved(draft(), { ...event.change, at, leftAt }));
      link(next, sameAs, at);
      return next._id.toHexString();
    }
    const id = recognise(event.identity, at, event.kind === 'message');
    if (event.kind === 'message' && event.word !== 'hi' && id !== null) {
      const status = event.word === 'STOP' ? 'opted-out' : 'opted-in';
      for (const each of personOf(id))
        put(applyConsent(read(each), { status, source: 'keyword', at, eventId: `${event.at}` }, storedAt));
    }
    return id;
  };
  return {
    handle: async (event) => handle(event),
    contacts: async () => [...records].map(([id, { identityKeys }]) => ({ id, identityKeys })),
    isOptedOut: async (id) => [...personOf(id)].some((each) => read(each).optInStatus === 'opted-out'),
  };
}

describe('persons', function () {
  this.timeout(60_000);

  it('any events, shuffled and repeated › one contact per identity, and the last word of the person counts', () =>
    fc.assert(
      fc.asyncProperty(world, async (given) => {
        const subject = inMemory();
        await checkWorld(given.deliveries, subject, async (handle) => {
          for (const event of given.deliveries) await handle(event);
        });
      }),
      { numRuns: 3_000 },
    ));
});
