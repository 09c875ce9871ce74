import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { addAnswer, maxAnswers, maxCounted, type Answer } from '../../../../src/inbox/sla/clocks/answers.ts';
import {
  judgeResponses,
  placeMessage,
  unansweredRest,
  waitsAgain,
  withEarlierStarts,
  type Response,
} from '../../../../src/inbox/sla/clocks/responses.ts';

const minuteMs = 60_000;
const start = Date.parse('2026-11-23T09:00:00Z');
const at = (minutes: number): Date => new Date(start + minutes * minuteMs);
const keyOf = (text: string): Types.ObjectId =>
  Types.ObjectId.createFromHexString(Buffer.from(text.padEnd(12, '.')).toString('hex').slice(0, 24));
const answer = (key: string, state: Answer['state'], minute: number): Answer => ({
  key: keyOf(key),
  state,
  at: state === 'failed' ? null : at(minute),
});

const wait = (round: number, minute: number, fields: Partial<Response> = {}): Response => ({
  ...{ round, startedAt: at(minute), asks: [at(minute)], dueAt: at(minute + 10), warnAt: at(minute + 8) },
  ...{ pauses: [], answers: [], state: 'running', stoppedAt: null },
  ...{ endedAt: null, warnedAt: null, breachedAt: null, ...fields },
});
const states = (rounds: readonly Response[]) => rounds.map(({ state }) => state);

describe('service levels › reports of answers', () => {
  const report = fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    state: fc.constantFrom('sent' as const, 'failed' as const, 'delivered' as const),
    minute: fc.integer({ min: 0, max: 20 }),
  });
  const all = (reports: readonly { key: string; state: Answer['state']; minute: number }[]) =>
    reports
      .reduce<readonly Answer[]>(
        (known, { key, state, minute }) => addAnswer(known, answer(key, state, minute)),
        [],
      )
      .map((one) => `${one.key.toHexString()} ${one.state} ${one.at?.getTime()}`)
      .toSorted();

  it('in any order, and repeated › the same is known', () => {
    fc.assert(
      fc.property(
        fc.array(report, { maxLength: 12 }),
        fc.array(report, { maxLength: 3 }),
        (reports, more) => {
          const shuffled = [...reports, ...more].toReversed();
          assert.deepEqual(all([...reports, ...more, ...reports]), all([...shuffled, ...more]));
        },
      ),
    );
  });

  it('more than can matter › are not kept, but the failure of one that is kept is', () => {
    const many = Array.from({ length: 30 }, (_value, index) => answer(`sent${index}`, 'sent', index));
    const kept = many.reduce<readonly Answer[]>(addAnswer, []);
    assert.equal(kept.length, maxCounted);
    assert.equal(addAnswer(kept, answer('sent0', 'failed', 1))[0]?.state, 'failed');
    const failures = Array.from({ length: 30 }, (_value, index) => answer(`fail${index}`, 'failed', index));
    assert.equal(failures.reduce<readonly Answer[]>(addAnswer, kept).length, maxAnswers);
  });

  it('nothing new › the same list', () => {
    const known = [answer('a', 'sent', 3)];
    assert.equal(addAnswer(known, answer('a', 'sent', 5)), known);
  });
});

describe('service levels › waits for an answer', () => {
  it('answered before, at and after the deadline › met, missed, missed', () => {
    const ended = (minute: number) =>
      judgeResponses([wait(1, 0, { answers: [answer('a', 'sent', minute)] })], at(20))[0]?.state;
    assert.deepEqual([ended(9), ended(10), ended(11)], ['met', 'breached', 'breached']);
  });

  it('an answer within the second of the message › is to an earlier one', () => {
    const [judged] = judgeResponses(
      [wait(1, 0, { answers: [{ ...answer('a', 'sent', 0), at: new Date(start + 999) }] })],
      at(1),
    );
    assert.equal(judged?.state, 'running');
  });

  it('judged again at the same time › the same objects', () => {
    const rounds = judgeResponses([wait(1, 0, { answers: [answer('a', 'sent', 3)] }), wait(2, 5)], at(6));
    assert.deepEqual(
      judgeResponses(rounds, at(6)).map((round, index) => round === rounds[index]),
      [true, true],
    );
  });

  it('the answer of the first fails › it goes on, the second is part of it; delivered after all › as before', () => {
    const failed = [wait(1, 0, { answers: [answer('a', 'failed', 3)], state: 'met' }), wait(2, 5)];
    assert.deepEqual(states(judgeResponses(failed, at(6))), ['running', 'void']);
    assert.deepEqual(
      waitsAgain(failed).map(({ round }) => round),
      [1],
    );
    const delivered = [wait(1, 0, { answers: [answer('a', 'delivered', 3)] }), wait(2, 5, { state: 'void' })];
    assert.deepEqual(states(judgeResponses(delivered, at(6))), ['met', 'running']);
  });

  it('the second was missed before › it stays missed, and ends with the wait that goes on', () => {
    const rounds = [
      wait(1, 0, { answers: [answer('a', 'failed', 3)], dueAt: at(60) }),
      wait(2, 5, { state: 'breached', breachedAt: at(15), answers: [answer('b', 'sent', 20)] }),
    ];
    assert.deepEqual(
      judgeResponses(rounds, at(21)).map(({ state, endedAt }) => [state, endedAt]),
      [
        ['met', at(20)],
        ['breached', at(20)],
      ],
    );
  });

  it('closed without an answer › void in time, missed after the deadline; an answer before the closing › met', () => {
    const closed = (minute: number, answers: readonly Answer[] = []) =>
      judgeResponses([wait(1, 0, { stoppedAt: at(minute), answers })], at(30))[0]?.state;
    assert.deepEqual(
      [closed(5), closed(15), closed(5, [answer('a', 'sent', 3)]), closed(5, [answer('a', 'sent', 7)])],
      ['void', 'breached', 'met', 'void'],
    );
  });

  it('a warning › once its part of the time has passed, and only once', () => {
    const [early] = judgeResponses([wait(1, 0)], at(7));
    assert.equal(early?.warnedAt, null);
    const [warned] = judgeResponses([wait(1, 0)], at(9));
    assert.deepEqual(warned?.warnedAt, at(8));
    const [moved] = judgeResponses([{ ...wait(1, 0), warnedAt: at(2) }], at(9));
    assert.deepEqual(moved?.warnedAt, at(2));
  });

  it('a message › begins a wait, belongs to one, or is answered already', () => {
    const running = [wait(1, 5)];
    const ended = [wait(1, 5, { answers: [answer('a', 'sent', 8)], state: 'met', endedAt: at(8) })];
    assert.deepEqual(placeMessage([], at(0)), { kind: 'begins', number: 1 });
    assert.equal(placeMessage(running, at(6)).kind, 'joins');
    assert.deepEqual(placeMessage(running, at(2)), {
      ...{ kind: 'joins', round: running[0], asks: [at(2), at(5)] },
    });
    assert.equal(placeMessage(ended, at(7)).kind, 'nothing');
    assert.deepEqual(placeMessage(ended, at(9)), { kind: 'begins', number: 2 });
    const full = wait(1, 0, { asks: Array.from({ length: 20 }, () => at(0)) });
    assert.equal(placeMessage([full], at(1)).kind, 'nothing');
  });

  it('an answer becomes known late › the messages written after it still wait', () => {
    const late = wait(1, 0, { asks: [at(0), at(4)], answers: [answer('a', 'sent', 2)] });
    assert.deepEqual(unansweredRest(judgeResponses([late], at(5))), { asks: [at(4)], number: 2 });
    const answered = { ...late, answers: [answer('a', 'sent', 6)] };
    assert.equal(unansweredRest(judgeResponses([answered], at(7))), null);
    assert.equal(unansweredRest(judgeResponses([{ ...late, stoppedAt: at(5) }], at(6))), null);
    assert.equal(unansweredRest([]), null);
  });

  it('an answer left earlier than known › the next wait begins with the messages between, unless it was missed', () => {
    const first = wait(1, 0, { asks: [at(0), at(2), at(4)], answers: [answer('a', 'sent', 1)] });
    const next = (fields: Partial<Response>) => {
      const [, round] = withEarlierStarts([first, wait(2, 4, fields)]);
      assert.ok(round);
      return [round.startedAt, round.asks];
    };
    const earlier = [at(2), [at(2), at(4)]];
    assert.deepEqual(next({}), earlier);
    assert.deepEqual(next({ state: 'met', answers: [answer('b', 'sent', 6)] }), earlier);
    assert.deepEqual(next({ answers: [answer('b', 'sent', 3)] }), [at(4), [at(4)]]);
    assert.deepEqual(next({ state: 'breached', breachedAt: at(14) }), [at(4), [at(4)]]);
  });

  it('no wait begins earlier › the same list', () => {
    const rounds = [
      wait(1, 0, { asks: [at(0), at(4)], answers: [answer('a', 'failed', 1)] }),
      wait(2, 4, { state: 'void' }),
    ];
    assert.equal(withEarlierStarts(rounds), rounds);
  });
});
