import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import {
  applyConsent,
  consentLogSize,
  type PersonStatement,
} from '../../../../src/people/contacts/consent.ts';
import type { ConsentEntry, ContactRecord } from '../../../../src/people/contacts/store/repository.ts';

const created = new Date('2026-11-01T00:00:00Z');
const storedAt = new Date('2026-11-23T12:00:00Z');
const baseMs = Date.parse('2026-11-23T09:00:00Z');
const at = (second: number, milliseconds = 0) => new Date(baseMs + second * 1_000 + milliseconds);

const record: ContactRecord = {
  _id: new Types.ObjectId(),
  clientId: new Types.ObjectId(),
  phoneNumber: '+15550001001',
  identityKeys: ['tel:+15550001001'],
  optInStatus: 'unknown',
  customFields: {},
  consentLog: [],
  createdAt: created,
  updatedAt: created,
  version: 4,
};

const say = (
  status: PersonStatement['status'],
  second: number,
  eventId = `${status}:${second}`,
): PersonStatement => ({
  ...{ status, at: at(second), eventId },
  source: status.startsWith('marketing-') ? 'whatsapp' : 'keyword',
});
const after = (statements: readonly PersonStatement[], from = record): ContactRecord =>
  statements.reduce((known, statement) => applyConsent(known, statement, storedAt), from);
const manual = (status: ConsentEntry['status'], time: Date): ContactRecord => ({
  ...record,
  ...(status === 'opted-in' || status === 'opted-out' ? { optInStatus: status } : {}),
  consentLog: [{ status, source: 'web form', at: time, by: new Types.ObjectId() }],
});

/** As of a file. */
const unheard = (status: 'opted-in' | 'unknown', time: Date): ContactRecord => {
  const from = manual(status, time);
  return { ...from, consentLog: from.consentLog.map((entry) => ({ ...entry, isUnstated: true })) };
};

describe('consent of a contact', () => {
  it('STOP › opted out, one entry with all details', () => {
    const wording = 'Stop!';
    assert.deepEqual(after([{ ...say('opted-out', 1), wording }]), {
      ...record,
      optInStatus: 'opted-out',
      consentLog: [
        { status: 'opted-out', source: 'keyword', at: at(1), eventId: 'opted-out:1', storedAt, wording },
      ],
      updatedAt: storedAt,
    });
  });

  it('the same event again › unchanged; the same event of another kind is another statement', () => {
    const once = after([say('opted-out', 1, 'event')]);
    assert.equal(applyConsent(once, say('opted-out', 1, 'event'), storedAt), once);
    assert.equal(after([say('opted-in', 2, 'event')], once).optInStatus, 'opted-in');
  });

  const stories: readonly [string, readonly PersonStatement[], string][] = [
    ['START after STOP', [say('opted-out', 1), say('opted-in', 2)], 'opted-in'],
    ['START that comes before its STOP', [say('opted-in', 2), say('opted-out', 1)], 'opted-in'],
    ['START older than STOP', [say('opted-out', 2), say('opted-in', 1)], 'opted-out'],
    ['both in the same second', [say('opted-in', 1), say('opted-out', 1)], 'opted-out'],
    ['both in the same second, the other way round', [say('opted-out', 1), say('opted-in', 1)], 'opted-out'],
    ['STOP, START, STOP', [say('opted-out', 1), say('opted-in', 2), say('opted-out', 3)], 'opted-out'],
    ['resume after STOP', [say('opted-out', 1), say('marketing-resumed', 2)], 'opted-out'],
  ];
  for (const [name, statements, status] of stories) {
    it(`${name} › ${status}`, () => assert.equal(after(statements).optInStatus, status));
  }

  it('statements entered by users › count by their time; within the same second the stop wins', () => {
    assert.equal(after([say('opted-out', 1)], manual('opted-in', at(2))).optInStatus, 'opted-in');
    assert.equal(after([say('opted-out', 1)], manual('opted-in', at(1, 900))).optInStatus, 'opted-out');
    assert.equal(after([say('opted-in', 1)], manual('opted-out', at(5))).optInStatus, 'opted-out');
    assert.equal(after([say('opted-in', 6)], manual('opted-out', at(5))).optInStatus, 'opted-in');
  });

  it('an opt-in that nobody heard, as a file has it › never outranks STOP, whichever is stored first', () => {
    const unstated = { source: 'import', by: new Types.ObjectId(), isUnstated: true } as const;
    const ofFile = (second: number, status: 'opted-in' | 'unknown' = 'opted-in'): ContactRecord => ({
      ...record,
      optInStatus: status,
      consentLog: [{ ...unstated, status, at: at(second) }],
    });
    assert.equal(after([say('opted-out', 1)], ofFile(5)).optInStatus, 'opted-out');
    assert.equal(after([say('opted-out', 1)], ofFile(5, 'unknown')).optInStatus, 'opted-out');
    assert.equal(after([say('opted-out', 9)], ofFile(5)).optInStatus, 'opted-out');
    assert.equal(after([say('opted-out', 1), say('opted-in', 2)], ofFile(5)).optInStatus, 'opted-in');
    assert.equal(after([say('opted-in', 2), say('opted-out', 1)], ofFile(5)).optInStatus, 'opted-in');
    assert.equal(after([say('marketing-stopped', 1)], ofFile(5)).optInStatus, 'opted-in');
  });

  it('WhatsApp’s marketing preference › stops only marketing, from the latest stop on; resume clears it', () => {
    const stopped = after([say('marketing-stopped', 5), say('marketing-stopped', 3)]);
    assert.equal(stopped.marketingStopped, true);
    assert.deepEqual(stopped.marketingStoppedAt, at(5));
    assert.equal(stopped.optInStatus, 'unknown');
    assert.equal(after([say('marketing-resumed', 4)], stopped).marketingStopped, true);
    const resumed = after([say('marketing-resumed', 6)], stopped);
    assert.ok(!('marketingStopped' in resumed) && !('marketingStoppedAt' in resumed));
  });

  const statement = fc
    .tuple(
      fc.constantFrom(...(['opted-in', 'opted-out', 'marketing-stopped', 'marketing-resumed'] as const)),
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 0, max: 3 }),
    )
    .map(([status, second, event]) => say(status, second, `${second}:${event}`));
  const base = fc.constantFrom(
    record,
    manual('opted-in', at(3, 250)),
    manual('opted-out', at(2, 500)),
    manual('unknown', at(4)),
    unheard('opted-in', at(5)),
    unheard('unknown', at(3)),
  );

  it('any order and any repetition of the same statements › the same state and the same entries', () => {
    const orders = fc
      .array(statement, { maxLength: 8 })
      .chain((statements) =>
        fc.tuple(
          fc.constant(statements),
          fc.shuffledSubarray(statements, { minLength: statements.length }),
          fc.array(fc.constantFrom(...statements, say('opted-out', 9)), { maxLength: 8 }),
        ),
      );
    const stateOf = ({ optInStatus, marketingStopped, marketingStoppedAt, consentLog }: ContactRecord) => ({
      ...{ optInStatus, marketingStopped, marketingStoppedAt },
      entries: consentLog.map((entry) => JSON.stringify(entry)).toSorted(),
    });
    fc.assert(
      fc.property(base, orders, (from, [statements, shuffled, repeated]) => {
        const known = repeated.filter((one) => statements.includes(one));
        assert.deepEqual(
          stateOf(after([...known, ...shuffled, ...known], from)),
          stateOf(after(statements, from)),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  describe('a history that keeps growing', () => {
    const turns = Array.from({ length: 1_000 }, (_, second) =>
      say(second % 2 === 0 ? 'opted-out' : 'opted-in', second),
    );

    it('STOP and START in turn a thousand times › the first and the latest entries, the rest counted', () => {
      const { consentLog, consentEntriesDropped, optInStatus } = after(turns);
      const latest = turns.slice(-(consentLogSize.all - consentLogSize.first));
      assert.deepEqual(
        consentLog.map(({ eventId }) => eventId),
        [...turns.slice(0, consentLogSize.first), ...latest].map(({ eventId }) => eventId),
      );
      assert.deepEqual([consentEntriesDropped, optInStatus], [800, 'opted-in']);
    });

    it('one decisive entry of each kind, among a thousand of the other › stays, and decides about late ones', () => {
      const switched = say('marketing-stopped', 20);
      const stopped = after([...turns.slice(0, 30), switched, say('opted-out', 5_000), ...turns.slice(30)]);
      const kept = stopped.consentLog.map(({ eventId }) => eventId);
      assert.equal(kept.length, consentLogSize.all);
      assert.ok(kept.includes(switched.eventId) && kept.includes('opted-out:5000'));
      const late = after([say('marketing-resumed', 19), say('opted-in', 4_999)], stopped);
      assert.deepEqual([late.marketingStopped, late.optInStatus], [true, 'opted-out']);
    });

    it('a dropped entry that is repeated › changes only the history', () => {
      const known = after(turns);
      const again = after(turns.slice(100, 110), known);
      assert.equal(again.optInStatus, known.optInStatus);
      assert.equal(again.consentLog.length, consentLogSize.all);
    });

    it('any statements, in a full history › the state equals that of an unlimited history', () => {
      const full = after(turns.slice(0, consentLogSize.all));
      // Around the last entries of the full history: 199 s.
      const lately = statement.map((said) => ({ ...said, at: new Date(said.at.getTime() + 196_000) }));
      const endless = (from: ContactRecord, said: readonly PersonStatement[]) =>
        said.reduce((all, one) => {
          const heard = applyConsent(all, one, storedAt);
          return heard === all
            ? all
            : { ...heard, consentLog: [...all.consentLog, ...heard.consentLog.slice(-1)] };
        }, from);
      fc.assert(
        fc.property(fc.array(lately, { maxLength: 40 }), (said) => {
          const [bounded, all] = [after(said, full), endless(full, said)];
          assert.deepEqual(
            {
              optInStatus: bounded.optInStatus,
              marketingStopped: bounded.marketingStopped,
              marketingStoppedAt: bounded.marketingStoppedAt,
            },
            {
              optInStatus: all.optInStatus,
              marketingStopped: all.marketingStopped,
              marketingStoppedAt: all.marketingStoppedAt,
            },
          );
          assert.ok(bounded.consentLog.length <= consentLogSize.all);
        }),
        { numRuns: 200 },
      );
    });
  });

  it('a history that grew › the old one with entries appended', () => {
    fc.assert(
      fc.property(base, fc.array(statement), (from, statements) => {
        const log = after(statements, from).consentLog;
        assert.deepEqual(log.slice(0, from.consentLog.length), from.consentLog);
      }),
    );
  });
});
