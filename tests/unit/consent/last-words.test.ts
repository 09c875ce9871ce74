import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  answerOf,
  changeOf,
  factKeysOf,
  keysIn,
  statementsOf,
  togetherOf,
  withFact,
  type Fact,
  type KeptFacts,
} from '../../../src/consent/address-stops/facts.ts';
import { createLastWords } from '../../../src/consent/address-stops/last-words.ts';
import type { MarkKind, StopKind } from '../../../src/consent/address-stops/rules.ts';
import type { AnyIdentity } from '../../../src/people/contacts/rules.ts';
import {
  changeOf as announced,
  hastyWorld,
  lateWorld,
  phoneOfNumber,
  recipientOf,
  senderOf,
  silencedPeople,
  speakingPeople,
  terseWorld,
  type NumberEvent,
} from '../../support/number-world.ts';

const time = (seconds: number) => new Date(Date.UTC(2026, 10, 1) + seconds * 1_000);

/** The facts of each identity, as the database keeps them. */
function inMemory() {
  const kept = new Map<string, KeptFacts>();
  const add = (fact: Fact | null) => {
    for (const key of fact === null ? [] : keysIn(fact))
      kept.set(key, withFact(kept.get(key) ?? { facts: [], isFull: false }, fact ?? assert.fail()));
  };
  return {
    add,
    hear(event: NumberEvent): void {
      const at = time(event.at);
      if (event.kind === 'change') {
        const { from, to, reason } = announced(event);
        return add(changeOf(from, to, reason === 'number-changed', at));
      }
      if (event.kind === 'receipt') {
        const identity = recipientOf(event.sent);
        return add(togetherOf({ identity, at, isExact: false, since: time(event.sent.at) }));
      }
      const from = senderOf(event);
      add(togetherOf({ identity: from, at, isExact: true }));
      if (event.answers !== undefined) {
        const { answers } = event;
        const sent = { address: recipientOf(answers), sentAt: time(answers.at) };
        add(answerOf({ identity: from, at, ...sent }));
      }
      const status = { STOP: 'opted-out', START: 'opted-in', hi: null } as const;
      const said = status[event.word];
      for (const fact of said === null ? [] : statementsOf(from, { status: said, at, isRecorded: false }))
        add(fact);
    },
    isStopped: (identity: AnyIdentity): boolean => kindsAt(identity).includes('opted-out'),
    kindsAt,
    isWriter: (key: string, written: { identity: AnyIdentity; at: number }): boolean =>
      lastWords().isWriter(key, { keys: factKeysOf(written.identity), at: time(written.at) }),
    stoppedAt: (key: string): Date | null => lastWords().stoppedAt(key, 'opted-out'),
  };

  function lastWords() {
    const all = [...kept.values()];
    const facts = all.flatMap((one) => one.facts);
    return createLastWords({ facts, isComplete: !all.some(({ isFull }) => isFull) });
  }

  function kindsAt(identity: AnyIdentity): StopKind[] {
    const words = lastWords();
    return [...new Set(factKeysOf(identity).flatMap(words.kindsAt))];
  }
}

describe('last words', function () {
  this.timeout(120_000);

  for (const seed of [11, 2_026, 77_041, -905_113])
    it(`numbers that change hands, events in any order and repeated (seed ${seed}) › whose last word was STOP is stopped, and nobody else`, () => {
      fc.assert(
        fc.property(lateWorld, (given) => {
          const { hear, isStopped } = inMemory();
          for (const event of given.deliveries) hear(event);
          for (const address of silencedPeople(given)) assert.ok(isStopped(address), JSON.stringify(address));
          for (const address of speakingPeople(given))
            assert.ok(!isStopped(address), JSON.stringify(address));
        }),
        { numRuns: 2_000, seed, endOnFailure: true },
      );
    });

  it('numbers that change hands, slowly or within minutes, events in any order › a message counts as written by nobody but its author', () => {
    let proven = 0;
    fc.assert(
      fc.property(fc.oneof(lateWorld, hastyWorld), (given) => {
        const { hear, isWriter } = inMemory();
        for (const event of given.deliveries) hear(event);
        for (const event of given.events) {
          if (event.kind !== 'message') continue;
          const written = { identity: senderOf(event), at: event.at };
          for (const [person, number] of given.numbers.entries()) {
            const id = given.userIds[person];
            const identity = { phoneNumber: phoneOfNumber(number), businessScopedUserId: id };
            for (const key of factKeysOf(identity)) {
              const isProven = isWriter(key, written);
              proven += Number(isProven);
              if (isProven) assert.equal(person, event.person, `${key} ${JSON.stringify(event)}`);
            }
          }
        }
      }),
      { numRuns: 1_000, endOnFailure: true },
    );
    assert.ok(proven > 300, `${proven} messages have an author`);
  });

  it('everything within minutes › whose last word was STOP is stopped', () => {
    fc.assert(
      fc.property(hastyWorld, (given) => {
        const { hear, isStopped } = inMemory();
        for (const event of given.deliveries) hear(event);
        for (const address of silencedPeople(given)) assert.ok(isStopped(address), JSON.stringify(address));
      }),
      { numRuns: 4_000, endOnFailure: true },
    );
  });

  it('some moves are told by the new user id alone, some START name only the number › whose last word was STOP is stopped', () => {
    fc.assert(
      fc.property(terseWorld, (given) => {
        const { hear, isStopped } = inMemory();
        for (const event of given.deliveries) hear(event);
        for (const address of silencedPeople(given)) assert.ok(isStopped(address), JSON.stringify(address));
      }),
      { numRuns: 4_000, endOnFailure: true },
    );
  });

  describe('one person', () => {
    const number = (last: number) => ({ whatsappId: `55119800000${last}` });
    const id = (businessScopedUserId: string) => ({ businessScopedUserId });
    type Told = ReturnType<typeof inMemory>;
    const say = (told: Told, status: MarkKind, from: AnyIdentity, seconds: number) => {
      for (const fact of statementsOf(from, { status, at: time(seconds), isRecorded: false })) told.add(fact);
    };
    const recordOptIn = (told: Told, shown: AnyIdentity, seconds: number) => {
      const said = { status: 'opted-in', at: time(seconds), isRecorded: true } as const;
      for (const fact of statementsOf(shown, said)) told.add(fact);
    };
    const move = (told: Told, from: AnyIdentity | null, to: AnyIdentity, seconds: number) =>
      told.add(changeOf(from, to, true, time(seconds)));
    const received = (told: Told, identity: AnyIdentity, { sent, read }: { sent: number; read: number }) =>
      told.add(togetherOf({ identity, at: time(read), isExact: false, since: time(sent) }));
    const answered = (
      identity: AnyIdentity,
      { from: address, sent, said }: { from: AnyIdentity; sent: number; said: number },
    ) => answerOf({ identity, at: time(said), address, sentAt: time(sent) });
    const named = (told: Told, identity: AnyIdentity, seconds: number, isExact = true) =>
      told.add(togetherOf({ identity, at: time(seconds), isExact }));

    it('STOP from a number, START from the user id that has it › open at both', () => {
      const told = inMemory();
      say(told, 'opted-out', number(10), 100);
      named(told, { ...number(10), ...id('BR.1') }, 200);
      assert.ok(told.isStopped(number(10)) && told.isStopped(id('BR.1')));
      say(told, 'opted-in', { ...number(10), ...id('BR.1') }, 300);
      assert.ok(!told.isStopped(number(10)) && !told.isStopped(id('BR.1')));
    });

    it('a message from a number › of whoever has it, until somebody moves there; from where a person moves away, of them', () => {
      const told = inMemory();
      const [ten, twenty, thirty] = [10, 20, 30].map((each) => `tel:+${number(each).whatsappId}`);
      assert.ok(ten !== undefined && twenty !== undefined && thirty !== undefined);
      const fromTen = { identity: number(10), at: 100 };
      assert.deepEqual([told.isWriter(ten, fromTen), told.isWriter(twenty, fromTen)], [true, false]);
      move(told, number(10), number(20), 5_000);
      move(told, number(30), number(10), 6_000);
      assert.deepEqual([told.isWriter(ten, fromTen), told.isWriter(twenty, fromTen)], [false, true]);
      assert.ok(!told.isWriter(twenty, { identity: number(10), at: 4_990 }), 'within a minute of the move');
      assert.ok(!told.isWriter(thirty, { identity: number(10), at: 7_000 }));
    });

    it('a message from a user id › of the number that WhatsApp names with it, and of no other', () => {
      const told = inMemory();
      const written = { identity: id('BR.1'), at: 900 };
      assert.ok(!told.isWriter(`tel:+${number(10).whatsappId}`, written));
      named(told, { ...number(10), ...id('BR.1') }, 100);
      assert.ok(told.isWriter(`tel:+${number(10).whatsappId}`, written));
      assert.ok(!told.isWriter(`tel:+${number(20).whatsappId}`, written));
    });

    for (const gap of [1, 5, 59, 61, 300, 3_000, 7_200])
      it(`somebody known at a number leaves it ${gap} s after another has come › START of the one lifts no STOP of the other`, () => {
        const told = inMemory();
        named(told, { ...number(10), ...id('BR.2') }, 1);
        move(told, { ...number(30), ...id('BR.0') }, { ...number(10), ...id('BR.1') }, 90_000);
        move(told, { ...number(10), ...id('BR.2') }, { ...number(40), ...id('BR.3') }, 90_000 + gap);
        say(told, 'opted-out', { ...number(10), ...id('BR.1') }, 99_000);
        named(told, { ...number(10), ...id('BR.1') }, 99_000);
        say(told, 'opted-in', { ...number(40), ...id('BR.3') }, 110_000);
        assert.ok(told.isStopped(number(10)) && told.isStopped(id('BR.1')));
        assert.ok(!told.isStopped(number(40)) && !told.isStopped(id('BR.3')));
      });

    it('START from another user id at the number of a STOP › open at the number and its id, not at the id that said STOP', () => {
      const told = inMemory();
      named(told, { ...number(10), ...id('BR.1') }, 100);
      say(told, 'opted-out', { ...number(10), ...id('BR.1') }, 200);
      named(told, { ...number(10), ...id('BR.2') }, 90_000);
      say(told, 'opted-in', { ...number(10), ...id('BR.2') }, 90_000);
      assert.ok(!told.isStopped(number(10)) && !told.isStopped(id('BR.2')));
      assert.ok(told.isStopped(id('BR.1')));
    });

    it('several STOPs › the time of the latest that no START lifts', () => {
      const told = inMemory();
      const key = `tel:+${number(10).whatsappId}`;
      assert.equal(told.stoppedAt(key), null);
      say(told, 'opted-out', number(10), 300);
      say(told, 'opted-out', number(10), 100);
      assert.deepEqual(told.stoppedAt(key), time(300));
      say(told, 'opted-in', number(10), 400);
      assert.equal(told.stoppedAt(key), null);
    });

    it('STOP and START in one second › stopped', () => {
      const told = inMemory();
      say(told, 'opted-out', number(10), 100);
      say(told, 'opted-in', number(10), 100);
      assert.ok(told.isStopped(number(10)));
    });

    it('STOP, then a new user id › stopped under it; another spelling of the number too', () => {
      const told = inMemory();
      say(told, 'opted-out', id('BR.1'), 100);
      told.add(changeOf(id('BR.1'), { ...number(10), ...id('BR.2') }, false, time(200)));
      assert.ok(told.isStopped(id('BR.2')) && told.isStopped(number(10)));
      assert.ok(told.isStopped({ phoneNumber: '+5511980000010' }));
    });

    it('START from a number within a minute of a move › nobody is opted in by it', () => {
      const told = inMemory();
      say(told, 'opted-out', number(10), 100);
      move(told, number(10), number(20), 200);
      say(told, 'opted-in', number(20), 230);
      assert.ok(told.isStopped(number(20)));
      say(told, 'opted-in', number(20), 300);
      assert.ok(!told.isStopped(number(20)));
    });

    it('STOP from the next number within an hour before the move › counts for whoever moves there', () => {
      const told = inMemory();
      say(told, 'opted-out', number(20), 100);
      move(told, number(10), { ...number(20), ...id('BR.2') }, 200);
      assert.ok(told.isStopped(id('BR.2')));
      move(told, number(30), { ...number(40), ...id('BR.3') }, 9_000);
      say(told, 'opted-out', number(40), 100);
      assert.ok(!told.isStopped(id('BR.3')));
    });

    it('two moves in one second, to a number and away from it › may be a chain: a STOP before it counts at its end', () => {
      for (const isReversed of [false, true]) {
        const told = inMemory();
        say(told, 'opted-out', number(10), 100);
        const steps = [[10, 20] as const, [20, 30] as const, [30, 40] as const];
        for (const [from, to] of isReversed ? steps.toReversed() : steps)
          move(told, number(from), number(to), 200);
        assert.ok(told.isStopped(number(40)));
        say(told, 'opted-in', number(40), 300);
        assert.ok(!told.isStopped(number(40)), 'START from there');
      }
    });

    it('two moves in one second of other user ids, or an exchange › are two people', () => {
      const told = inMemory();
      say(told, 'opted-out', { ...number(10), ...id('BR.1') }, 100);
      move(told, { ...number(10), ...id('BR.1') }, { ...number(20), ...id('BR.2') }, 200);
      move(told, { ...number(20), ...id('BR.5') }, { ...number(30), ...id('BR.6') }, 200);
      assert.ok(told.isStopped(number(20)) && !told.isStopped(number(30)));
      say(told, 'opted-out', number(40), 100);
      move(told, number(40), number(50), 20_000);
      move(told, number(50), number(40), 20_000);
      assert.ok(told.isStopped(number(50)) && !told.isStopped(number(40)));
    });

    it('a receipt names number and user id after a move › carries a STOP, but no START', () => {
      const told = inMemory();
      move(told, number(10), number(20), 200);
      named(told, { ...number(10), ...id('BR.1') }, 900, false);
      say(told, 'opted-out', id('BR.1'), 950);
      assert.ok(told.isStopped(number(10)));
      say(told, 'opted-in', id('BR.1'), 1_200);
      assert.ok(told.isStopped(number(10)) && !told.isStopped(id('BR.1')));
    });

    it('a receipt names number and user id before any move › carries a START too', () => {
      const told = inMemory();
      named(told, { ...number(10), ...id('BR.1') }, 50, false);
      say(told, 'opted-out', number(10), 100);
      say(told, 'opted-in', id('BR.1'), 300);
      assert.ok(!told.isStopped(number(10)));
    });

    it('a late receipt names number and user id, its message left before the number changed hands › the next owner is another person', () => {
      const told = inMemory();
      named(told, { ...number(10), ...id('BR.1') }, 50);
      move(told, { ...number(10), ...id('BR.1') }, number(20), 5_000);
      named(told, { ...number(10), ...id('BR.9') }, 9_000);
      received(told, { ...number(10), ...id('BR.1') }, { sent: 60, read: 9_500 });
      say(told, 'opted-out', number(20), 10_000);
      assert.ok(told.isStopped(number(20)) && told.isStopped(id('BR.1')));
      assert.ok(!told.isStopped(number(10)) && !told.isStopped(id('BR.9')));
      say(told, 'opted-in', { ...number(10), ...id('BR.9') }, 11_000);
      assert.ok(told.isStopped(number(20)));
    });

    it('a late receipt is all that names the user id of a person who has moved › STOP from it stops the new number', () => {
      const told = inMemory();
      move(told, number(10), number(20), 5_000);
      received(told, { ...number(10), ...id('BR.1') }, { sent: 60, read: 9_500 });
      say(told, 'opted-out', id('BR.1'), 10_000);
      assert.ok(told.isStopped(number(20)) && !told.isStopped(number(10)));
    });

    it('a receipt names a number that changed hands between message and receipt › no START counts by it', () => {
      const told = inMemory();
      say(told, 'opted-out', number(10), 50);
      received(told, { ...number(10), ...id('BR.9') }, { sent: 60, read: 9_500 });
      say(told, 'opted-in', id('BR.9'), 10_000);
      move(told, number(10), number(20), 5_000);
      assert.ok(told.isStopped(number(20)));
    });

    it('another number answers our message › STOP from one stops both, and START opens both', () => {
      const told = inMemory();
      say(told, 'opted-out', number(10), 50);
      told.add(answered(number(20), { from: number(10), sent: 60, said: 9_000 }));
      assert.ok(told.isStopped(number(10)) && told.isStopped(number(20)));
      say(told, 'opted-in', number(20), 10_000);
      assert.ok(!told.isStopped(number(10)) && !told.isStopped(number(20)));
    });

    it('a person moves and answers a message from before › neither the next owner of the old number nor the former of the new one is them', () => {
      const told = inMemory();
      move(told, number(20), number(30), 1_000);
      move(told, number(10), number(20), 5_000);
      told.add(answered(number(20), { from: number(10), sent: 60, said: 9_000 }));
      say(told, 'opted-out', number(20), 10_000);
      assert.ok(told.isStopped(number(20)));
      assert.ok(!told.isStopped(number(10)) && !told.isStopped(number(30)));
      assert.equal(answered(number(10), { from: number(10), sent: 60, said: 9_000 }), null);
    });

    it('STOP, then a consent that a user records › open, until the next STOP', () => {
      const told = inMemory();
      say(told, 'opted-out', { ...number(10), ...id('BR.1') }, 100);
      recordOptIn(told, { ...number(10), ...id('BR.1') }, 200);
      assert.ok(!told.isStopped(number(10)) && !told.isStopped(id('BR.1')));
      say(told, 'opted-out', number(10), 300);
      assert.ok(told.isStopped(number(10)));
    });

    it('marketing turned off, and on again › no other opt-out is touched', () => {
      const told = inMemory();
      say(told, 'marketing-stopped', number(10), 100);
      assert.deepEqual(told.kindsAt(number(10)), ['marketing-stopped']);
      say(told, 'opted-in', number(10), 200);
      assert.deepEqual(told.kindsAt(number(10)), ['marketing-stopped']);
      say(told, 'marketing-resumed', number(10), 300);
      assert.deepEqual(told.kindsAt(number(10)), []);
    });

    it('more facts than are kept › a STOP stays, whatever is said later but by a user', () => {
      const told = inMemory();
      say(told, 'opted-out', number(10), 100);
      for (let each = 0; each < 210; each += 1)
        named(told, { ...number(10), ...id(`BR.${each}`) }, 200 + each);
      say(told, 'opted-in', number(10), 9_000);
      assert.ok(told.isStopped(number(10)));
      recordOptIn(told, number(10), 9_100);
      assert.ok(!told.isStopped(number(10)));
    });

    it('a number and a user id in a thousand messages › are kept once, and once more after each move', () => {
      const pair = { ...number(10), ...id('BR.1') };
      let kept: KeptFacts = { facts: [], isFull: false };
      const add = (fact: Fact | null) => void (kept = withFact(kept, fact ?? assert.fail()));
      for (let each = 0; each < 1_000; each += 1)
        add(togetherOf({ identity: pair, at: time(each), isExact: true }));
      add(togetherOf({ identity: pair, at: time(50), isExact: false }));
      assert.equal(kept.facts.length, 1);
      add(changeOf(number(30), number(10), true, time(5_000)));
      for (let each = 0; each < 1_000; each += 1)
        add(togetherOf({ identity: pair, at: time(6_000 + each), isExact: true }));
      assert.equal(kept.facts.length, 3);
      for (let each = 0; each < 100; each += 1)
        for (const fact of statementsOf(number(10), {
          status: 'opted-in',
          at: time(each),
          isRecorded: false,
        }))
          add(fact);
      assert.equal(kept.facts.length, 23);
    });
  });
});
