import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decideTurn,
  maxHeadWaitMs,
  maxTurnWaitMs,
  maxUnseenMs,
  type EarlierReply,
  type TurnWait,
} from '../../../../src/sending/messages/order.ts';

const start = Date.UTC(2026, 10, 28, 9);
const at = (ms: number): Date => new Date(start + ms);
const reply = (id: string, gate: EarlierReply['gate'] = null): EarlierReply => ({ id, gate });
const waited = (fields: { head?: string; since?: number; headSince?: number; seenAt: number }): TurnWait => {
  const { head = '1', since = 0, headSince = since, seenAt } = fields;
  return { head, since: at(since), headSince: at(headSince), seenAt: at(seenAt) };
};

describe('order of answers › the turn', () => {
  it('nothing unfinished before it › its turn', () => {
    assert.deepEqual(decideTurn([], null, at(0)), { wait: null, delayMs: 0, overtaken: [] });
    assert.equal(decideTurn([], waited({ seenAt: 500 }), at(900)).wait, null);
  });

  it('an earlier one is unfinished › waits for the first of them, those further back look later', () => {
    const one = decideTurn([reply('1')], null, at(0));
    assert.deepEqual(one.wait, waited({ seenAt: 0 }));
    const two = decideTurn([reply('1'), reply('2')], null, at(0));
    assert.equal(two.wait?.head, '1');
    assert.ok(one.delayMs < two.delayMs);
  });

  it('the first one takes long › looks less often, at least every 5 s', () => {
    const delayAfter = (ms: number) => decideTurn([reply('1')], waited({ seenAt: ms }), at(ms)).delayMs;
    assert.deepEqual([0, 1_000, 4_000, 50_000].map(delayAfter), [150, 250, 1_000, 5_000]);
  });

  it('the first one is stuck for two minutes › no longer waits for it, only for the next', () => {
    const last = waited({ seenAt: maxHeadWaitMs - 1 });
    const before = decideTurn([reply('1', 'provider'), reply('2')], last, at(maxHeadWaitMs - 1));
    assert.deepEqual([before.wait?.head, before.overtaken], ['1', []]);
    const both = decideTurn([reply('1', 'provider'), reply('2')], last, at(maxHeadWaitMs));
    assert.deepEqual(
      [both.wait?.head, both.wait?.headSince, both.overtaken],
      ['2', at(maxHeadWaitMs), ['1']],
    );
    const one = decideTurn([reply('1', 'provider')], last, at(maxHeadWaitMs));
    assert.deepEqual(one, { wait: null, delayMs: 0, overtaken: ['1'] });
  });

  it('another one is first now › its own two minutes begin', () => {
    const verdict = decideTurn([reply('2')], waited({ seenAt: maxHeadWaitMs }), at(maxHeadWaitMs + 1));
    assert.deepEqual([verdict.wait?.headSince, verdict.overtaken], [at(maxHeadWaitMs + 1), []]);
  });

  for (const gate of ['channel', 'rate', 'pair'] as const) {
    it(`the first one waits at the gate ${gate}, which holds this one as well › keeps its place`, () => {
      const last = waited({ seenAt: maxHeadWaitMs });
      assert.deepEqual(decideTurn([reply('1', gate)], last, at(maxHeadWaitMs + 1)).overtaken, []);
    });
  }

  it('ten minutes in all › waits for nobody any longer', () => {
    const last = waited({ headSince: maxTurnWaitMs - 1, seenAt: maxTurnWaitMs - 1 });
    const verdict = decideTurn([reply('1', 'pair'), reply('2')], last, at(maxTurnWaitMs));
    assert.deepEqual(verdict, { wait: null, delayMs: 0, overtaken: ['1', '2'] });
  });

  it('nobody looked, because no worker was there › the time does not count', () => {
    const last = waited({ seenAt: 1_000 });
    const verdict = decideTurn([reply('1')], last, at(1_000 + maxTurnWaitMs));
    assert.deepEqual([verdict.wait?.since, verdict.overtaken], [at(1_000 + maxTurnWaitMs), []]);
  });
});

/** The provider's answers to one reply: refused for now so many times, each with a backoff; then taken. */
interface Fate {
  readonly acceptedAtMs: number;
  readonly backoffsMs: readonly number[];
}

interface SimulatedReply extends Fate {
  readonly turn: number;
  wait: TurnWait | null;
  nextLookMs: number;
  tries: number;
  sentAtMs: number | null;
  isOvertaken: boolean;
  /** Waits for its turn, as opposed to the provider. */
  isInLine: boolean;
  lineMs: number;
}

/** Runs a conversation to its end: every reply looks when it is due, and is called when it is its turn. */
function simulate(fates: readonly Fate[]) {
  const replies: SimulatedReply[] = fates.map((fate, turn) => ({
    ...fate,
    turn,
    wait: null,
    nextLookMs: fate.acceptedAtMs,
    tries: 0,
    sentAtMs: null,
    isOvertaken: false,
    isInLine: false,
    lineMs: 0,
  }));
  const sent: number[] = [];
  for (let step = 0; step < 100_000; step += 1) {
    const due = replies
      .filter(({ sentAtMs }) => sentAtMs === null)
      .toSorted((a, b) => a.nextLookMs - b.nextLookMs)[0];
    if (due === undefined) return { replies, sent };
    look(due, replies, sent);
  }
  return assert.fail('the conversation never ends');
}

function look(given: SimulatedReply, replies: readonly SimulatedReply[], sent: number[]): void {
  const nowMs = given.nextLookMs;
  const earlier = replies
    .filter((one) => one.turn < given.turn && one.sentAtMs === null && !one.isOvertaken)
    .filter(({ acceptedAtMs }) => acceptedAtMs <= nowMs)
    .map((one) => reply(String(one.turn), one.isInLine ? 'order' : one.tries > 0 ? 'provider' : null));
  const verdict = decideTurn(earlier, given.wait, at(nowMs));
  for (const id of verdict.overtaken) {
    const passed = replies[Number(id)];
    if (passed !== undefined) passed.isOvertaken = true;
  }
  given.wait = verdict.wait;
  given.isInLine = verdict.wait !== null;
  if (verdict.wait !== null) {
    given.nextLookMs = nowMs + verdict.delayMs;
    given.lineMs += verdict.delayMs;
    return;
  }
  const backoffMs = given.backoffsMs[given.tries];
  given.tries += 1;
  if (backoffMs === undefined) {
    given.sentAtMs = nowMs;
    sent.push(given.turn);
  } else given.nextLookMs = nowMs + backoffMs;
}

const conversation = (maxBackoffMs: number, maxBackoffs: number) =>
  fc
    .array(
      fc.record({
        afterMs: fc.integer({ min: 0, max: 3_000 }),
        backoffsMs: fc.array(fc.integer({ min: 1, max: maxBackoffMs }), { maxLength: maxBackoffs }),
      }),
      { minLength: 1, maxLength: 12 },
    )
    .map((given) => {
      let acceptedAtMs = 0;
      return given.map(({ afterMs, backoffsMs }) => ({
        acceptedAtMs: (acceptedAtMs += afterMs),
        backoffsMs,
      }));
    });

describe('order of answers › random failures', () => {
  it('each one leaves within its two minutes › all leave in the order in which they were written', () => {
    fc.assert(
      fc.property(conversation(8_000, 3), (fates) => {
        const { sent, replies } = simulate(fates);
        // Many in a row at 24 s each may need longer than that in all.
        if (replies.some(({ lineMs }) => lineMs >= maxTurnWaitMs)) return;
        assert.deepEqual(
          sent,
          fates.map((_, turn) => turn),
        );
        assert.ok(replies.every(({ isOvertaken }) => !isOvertaken));
      }),
      { numRuns: 500 },
    );
  });

  it('some are stuck for hours › only these lose their place, and nobody waits longer than ten minutes', () => {
    fc.assert(
      fc.property(conversation(4 * 3_600_000, 4), (fates) => {
        const { sent, replies } = simulate(fates);
        for (const { turn, lineMs } of replies) {
          assert.ok(lineMs <= maxTurnWaitMs + 5_000, `${turn} waited ${lineMs} ms for its turn`);
          const after = sent.slice(sent.indexOf(turn) + 1);
          for (const late of after.filter((other) => other < turn))
            assert.ok(replies[late]?.isOvertaken, `${turn} left before ${late}, which nobody overtook`);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('one is stuck › each later one waits about two minutes for it, however many there are', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 180_000 }), { minLength: 1, maxLength: 10 }), (gaps) => {
        let acceptedAtMs = 0;
        const stuck = { acceptedAtMs, backoffsMs: [24 * 3_600_000] };
        const others = gaps.map((gapMs) => ({ acceptedAtMs: (acceptedAtMs += gapMs), backoffsMs: [] }));
        const { sent, replies } = simulate([stuck, ...others]);
        assert.deepEqual(sent, [...others.map((_, index) => index + 1), 0]);
        const slackMs = 5_000 * replies.length;
        for (const { lineMs } of replies) assert.ok(lineMs <= maxHeadWaitMs + slackMs);
        assert.ok(maxUnseenMs > 5_000, 'a look is at most 5 s away');
      }),
    );
  });
});
