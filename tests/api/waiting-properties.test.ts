import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ConversationStatus } from '../../src/inbox/conversations/model.ts';
import { answerStates, type AnswerState } from '../../src/inbox/sla/clocks/answers.ts';
import { useRunning } from '../support/use-running.ts';
import {
  atMinute,
  minuteMs,
  startWaitingWorld,
  worldStart,
  type WaitingWorld,
} from '../support/waiting-world.ts';

const numRuns = Number(process.env['WAITING_RUNS'] ?? 40);

interface Said {
  readonly state: AnswerState;
  /** Null while only its failure is known. */
  readonly at: number | null;
}

/** Who waits, told by all that happened: minutes instead of times, lists instead of queries. */
class Story {
  private status: ConversationStatus = 'open';
  private closedAt = 0;
  private asks: number[] = [];
  private readonly answers = new Map<string, Said>();

  hears(at: number, awaitsAnswer: boolean): void {
    if (this.status === 'closed') {
      if (at <= this.closedAt) return;
      this.status = 'open';
      this.asks = [];
    }
    if (awaitsAnswer) this.asks.push(at);
  }

  answered(name: string, state: AnswerState, at: number): void {
    const known = this.answers.get(name) ?? { state, at: null };
    const rank = Math.max(answerStates.indexOf(known.state), answerStates.indexOf(state));
    const times = [known.at, state === 'failed' ? null : at].filter((time) => time !== null);
    this.answers.set(name, {
      state: answerStates[rank] ?? state,
      at: times.length === 0 ? null : Math.min(...times),
    });
  }

  becomes(status: ConversationStatus, now: number): void {
    if (this.status === status) return;
    if (this.status === 'closed' || status === 'closed') this.asks = [];
    if (status === 'closed') this.closedAt = now;
    this.status = status;
  }

  waitingSince(): number | null {
    if (this.status === 'closed') return null;
    const counted = [...this.answers.values()].filter(({ state }) => state !== 'failed');
    const open = this.asks.filter((ask) => !counted.some(({ at }) => at !== null && at > ask));
    return open.length === 0 ? null : Math.min(...open);
  }
}

const lag = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 12 }));
const hears = fc.record({
  kind: fc.constant('hears' as const),
  awaitsAnswer: fc.oneof(
    { weight: 4, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  ),
  lag,
});
const answered = fc.record({
  kind: fc.constant('answered' as const),
  name: fc.constantFrom('a', 'b', 'c', 'd'),
  state: fc.constantFrom('sent' as const, 'sent' as const, 'failed' as const, 'delivered' as const),
  lag,
});
const becomes = fc.record({
  kind: fc.constant('becomes' as const),
  status: fc.constantFrom('open' as const, 'pending' as const, 'closed' as const),
});
const wait = fc.record({ kind: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 9 }) });

const step = fc.oneof(
  { weight: 4, arbitrary: wait },
  { weight: 5, arbitrary: hears },
  { weight: 6, arbitrary: answered },
  { weight: 2, arbitrary: becomes },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;
/** These commute, so they may happen at the same moment. */
const atOnce = fc.array(fc.oneof(hears, answered), { minLength: 2, maxLength: 4 });

describe('since when a contact waits › any course of events', function () {
  this.timeout(300_000);
  const world = useRunning<WaitingWorld>(() => startWaitingWorld('waiting_properties'));

  function begin() {
    const { clock } = world();
    clock.advance(worldStart.getTime() - clock.now().getTime());
    const thread = world().thread(world().scope());
    const story = new Story();
    const now = () => (clock.now().getTime() - worldStart.getTime()) / minuteMs;

    function tell(one: Step): void {
      if (one.kind === 'hears') story.hears(now() - one.lag, one.awaitsAnswer);
      if (one.kind === 'answered') story.answered(one.name, one.state, now() - one.lag);
      if (one.kind === 'becomes') story.becomes(one.status, now());
    }

    async function happen(one: Step): Promise<void> {
      if (one.kind === 'wait') clock.advance(one.minutes * minuteMs);
      if (one.kind === 'hears') return thread.hears(atMinute(now() - one.lag), one.awaitsAnswer);
      if (one.kind === 'becomes') return thread.becomes(one.status);
      if (one.kind === 'answered') return thread.answered(one.name, one.state, atMinute(now() - one.lag));
    }

    async function assertTold(of: string): Promise<void> {
      const since = story.waitingSince();
      assert.deepEqual(await thread.waitingSince(), since === null ? null : atMinute(since), of);
    }
    return { tell, happen, assertTold };
  }

  const first: Step = { kind: 'hears', awaitsAnswer: true, lag: 0 };

  it('messages, answers, failures, closings and reopenings › as all that happened tells it', async () => {
    const play = async (steps: readonly Step[]): Promise<void> => {
      const { tell, happen, assertTold } = begin();
      for (const [index, one] of [first, ...steps].entries()) {
        await happen(one);
        tell(one);
        await assertTold(`after step ${index}: ${JSON.stringify(one)}`);
      }
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25, size: 'max' }), play), { numRuns });
  });

  it('messages and reports at the same moment, and every report again › as all of them tell it', async () => {
    const play = async (before: readonly Step[], now: readonly Step[]): Promise<void> => {
      const { tell, happen, assertTold } = begin();
      for (const one of [first, ...before]) {
        await happen(one);
        tell(one);
      }
      const again = now.filter(({ kind }) => kind === 'answered');
      // A message of the business is stored before anything is reported of it.
      for (const one of again) if (one.kind === 'answered') await happen({ ...one, state: 'failed', lag: 0 });
      for (const one of again) if (one.kind === 'answered') tell({ ...one, state: 'failed', lag: 0 });
      await Promise.all([...now, ...again].map(happen));
      now.forEach(tell);
      await assertTold(JSON.stringify(now));
    };
    const some = fc.array(fc.oneof(wait, hears, answered), { maxLength: 5 });
    await fc.assert(fc.asyncProperty(some, atOnce, play), { numRuns });
  });
});
