import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  addOutcome,
  decidingOutcomes,
  endPart,
  nextPartOf,
  progressAfter,
  resumeProgress,
  startProgress,
  type EventProgress,
} from '../../../src/webhooks/progress.ts';
import { judgeEvent, type ItemOutcome } from '../../../src/webhooks/rules.ts';

const done: ItemOutcome = { kind: 'done' };
const unmatched: ItemOutcome = { kind: 'unmatched', reason: 'no message' };
const failed: ItemOutcome = { kind: 'failed', reason: 'MongoNetworkError' };
const invalid: ItemOutcome = { kind: 'invalid', reason: '[0]: id' };
const young = { attempts: 1, ageMs: 0 };

/** Handles all parts that are to do; each part has the given outcomes. */
function handleAll(start: EventProgress, outcomes: readonly (readonly ItemOutcome[])[]) {
  let progress = start;
  const handled: number[] = [];
  for (let part = nextPartOf(progress); part !== null; part = nextPartOf(progress)) {
    handled.push(part);
    for (const outcome of outcomes[part] ?? []) progress = addOutcome(progress, part, outcome);
    progress = endPart(progress);
  }
  return { progress, handled };
}

describe('webhook event › progress', () => {
  it('parts with every outcome › the next attempt handles the open ones alone, and remembers the unreadable one', () => {
    const first = handleAll(startProgress(4), [[done], [unmatched], [invalid], [done, failed, failed]]);
    const verdict = judgeEvent(decidingOutcomes(first.progress), young);
    assert.deepEqual(verdict, {
      kind: 'again',
      delayMs: 500,
      reason: 'failed: MongoNetworkError',
      isRead: false,
    });
    const stored = progressAfter(verdict, first.progress);
    assert.ok(stored !== null);
    const second = handleAll(resumeProgress(stored, 4), [[], [done], [], [done, done, done]]);
    assert.deepEqual(second.handled, [1, 3]);
    assert.deepEqual(judgeEvent(decidingOutcomes(second.progress), young), {
      kind: 'dead',
      reason: 'invalid: [0]: id',
    });
  });

  it('another number of parts, as after a release that reads bodies in another way › starts over', () => {
    const { progress } = handleAll(startProgress(2), [[done], [done]]);
    assert.deepEqual(resumeProgress(progress, 3), startProgress(3));
    assert.deepEqual(resumeProgress(undefined, 3), startProgress(3));
    assert.equal(resumeProgress(progress, 2), progress);
  });

  it('more open parts than are remembered › all are handled again', () => {
    const outcomes = Array.from({ length: 1_002 }, () => [unmatched]);
    const { progress } = handleAll(startProgress(1_002), outcomes);
    assert.equal(progressAfter({ kind: 'again', delayMs: 1, reason: '', isRead: true }, progress), null);
    assert.ok(progress.open.length <= 1_001);
  });

  it('done or dead › nothing is kept', () => {
    const { progress } = handleAll(startProgress(1), [[done]]);
    assert.equal(progressAfter({ kind: 'done' }, progress), null);
    assert.equal(progressAfter({ kind: 'dead', reason: '' }, progress), null);
  });

  it('any outcomes, however often a turn ends in between › the verdict is that of one turn', () => {
    const outcome = fc.constantFrom(done, unmatched, failed, invalid);
    fc.assert(
      fc.property(fc.array(fc.array(outcome, { maxLength: 3 }), { maxLength: 12 }), (outcomes) => {
        const { progress } = handleAll(startProgress(outcomes.length), outcomes);
        let resumed = startProgress(outcomes.length);
        for (let part = nextPartOf(resumed); part !== null; part = nextPartOf(resumed)) {
          for (const one of (outcomes[part] ?? []).slice(resumed.handledItems)) {
            // As it is stored and read back.
            resumed = resumeProgress(structuredClone(addOutcome(resumed, part, one)), outcomes.length);
          }
          resumed = structuredClone(endPart(resumed));
        }
        const verdict = judgeEvent(outcomes.flat(), young);
        assert.deepEqual(resumed, progress);
        assert.deepEqual(judgeEvent(decidingOutcomes(progress), young), verdict);
      }),
    );
  });
});
