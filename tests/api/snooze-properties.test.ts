import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ConversationHistoryEntry } from '../../src/inbox/conversations/model.ts';
import type { ConversationStatus } from '../../src/inbox/conversations/repository.ts';
import { wakeTimer } from '../../src/inbox/conversations/snooze-timers.ts';
import { AppError } from '../../src/platform/errors.ts';
import { minuteMs, startSnoozeWorld, type SnoozeWorld } from '../support/snooze-world.ts';
import { useRunning } from '../support/use-running.ts';

const numRuns = Number(process.env['SNOOZE_RUNS'] ?? 25);
const minutes = fc.integer({ min: 1, max: 30 });

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), minutes }) },
  // The worker is late: what is due stays due.
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('stall' as const), minutes }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('snooze' as const), minutes }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('until-reply' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('hears' as const) }) },
  // A firing of any earlier snooze, as if its worker had hung.
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('late-firing' as const), index: fc.nat(20) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('becomes' as const),
      status: fc.constantFrom('open' as const, 'pending' as const, 'closed' as const),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** What a person expects; `until` is undefined without a snooze, and null until the contact writes. */
interface Expected {
  status: ConversationStatus;
  until: number | null | undefined;
  closedAt: number;
  reason: string | undefined;
}

describe('snooze › any course of events', function () {
  this.timeout(300_000);
  const world = useRunning<SnoozeWorld>(() => startSnoozeWorld('snooze_properties'));
  const now = () => world().clock.now().getTime();

  const change = (expected: Expected, status: ConversationStatus, reason?: string) => {
    Object.assign(expected, { status, until: undefined, reason });
    if (status === 'closed') expected.closedAt = now();
  };

  async function play(steps: readonly Step[]): Promise<void> {
    const of = world().scope();
    const thread = world().thread(of);
    const expected: Expected = { status: 'open', until: undefined, closedAt: 0, reason: undefined };
    const set: Date[] = [];
    await thread.hears();

    async function snooze(wish: Parameters<typeof thread.snooze>[0]): Promise<void> {
      if (expected.status === 'closed') return;
      const until = await thread.snooze(wish);
      if (until !== null) set.push(until);
      const next = until === null ? null : until.getTime();
      if (expected.until === next) return;
      Object.assign(expected, { status: 'pending', until: next, reason: undefined });
    }

    function expectDue(): void {
      if (typeof expected.until === 'number' && expected.until <= now())
        change(expected, 'open', 'snooze-ended');
    }

    async function take(one: Step): Promise<void> {
      switch (one.kind) {
        case 'wait':
          world().clock.advance(one.minutes * minuteMs);
          await world().fire();
          return expectDue();
        case 'stall':
          return world().clock.advance(one.minutes * minuteMs);
        case 'snooze':
          return snooze({ kind: 'until', at: new Date(now() + one.minutes * minuteMs) });
        case 'until-reply':
          return snooze({ kind: 'until-reply' });
        case 'hears':
          await thread.hears();
          if (expected.until !== undefined || (expected.status === 'closed' && now() > expected.closedAt))
            change(expected, 'open', 'contact-wrote');
          return;
        case 'late-firing': {
          const dueAt = set[one.index % Math.max(1, set.length)];
          if (dueAt === undefined) return;
          const firing = { scope: of, kind: wakeTimer, subjectId: thread.id, dueAt, epoch: 1, attempt: 1 };
          await world().worker.handlers[wakeTimer]?.({ ...firing, complete: async () => true });
          if (expected.until === dueAt.getTime()) change(expected, 'open', 'snooze-ended');
          return;
        }
        case 'becomes': {
          const isSame = expected.status === one.status && expected.until === undefined;
          await thread.becomes(one.status);
          if (!isSame) change(expected, one.status);
        }
      }
    }

    for (const [index, one] of steps.entries()) {
      await take(one);
      const { status, snooze: stored, history } = await thread.stored();
      const until = stored === undefined ? undefined : (stored.until?.getTime() ?? null);
      const reason = history.at(-1)?.reason;
      const { closedAt: _at, ...wanted } = expected;
      assert.deepEqual({ status, until, reason }, wanted, `after step ${index}: ${JSON.stringify(one)}`);
      const timer = (await thread.timer())?.getTime();
      assert.equal(timer, expected.until ?? undefined, `timer after step ${index}: ${JSON.stringify(one)}`);
    }
  }

  it('waits, late workers, snoozes, messages, closings › as a person expects', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25, size: 'max' }), play), { numRuns });
  });
});

describe('snooze › all at the same moment', function () {
  this.timeout(300_000);
  const world = useRunning<SnoozeWorld>(() => startSnoozeWorld('snooze_races'));

  const act = fc.constantFrom('fire', 'fire', 'snooze', 'until-reply', 'hears', 'closed', 'open', 'pending');
  type Act = typeof act extends fc.Arbitrary<infer Value> ? Value : never;

  const settled = async (works: readonly Promise<unknown>[]): Promise<void> => {
    for (const result of await Promise.allSettled(works))
      if (result.status === 'rejected')
        assert.ok(result.reason instanceof AppError && result.reason.isRefusal, String(result.reason));
  };

  /** Each entry follows from the one before it, so no change was made to a state that nobody saw. */
  function assertFollows(history: readonly ConversationHistoryEntry[]): void {
    let last: ConversationHistoryEntry = { at: new Date(0), status: 'open' };
    for (const entry of history) {
      const { reason } = entry;
      if (reason === 'snooze-ended') {
        const until = last.snooze?.until ?? null;
        assert.ok(until !== null && until <= entry.at, 'only a snooze that is over ends');
      }
      if (reason === 'contact-wrote')
        assert.ok(last.snooze !== undefined || last.status === 'closed', 'a message opens what was not open');
      last = entry;
    }
  }

  async function race(acts: readonly Act[]): Promise<void> {
    const { clock } = world();
    const of = world().scope();
    const thread = world().thread(of);
    await thread.hears();
    await thread.snooze({ kind: 'until', at: new Date(clock.now().getTime() + 5 * minuteMs) });
    clock.advance(5 * minuteMs);
    const later = new Date(clock.now().getTime() + 10 * minuteMs);
    const start: Readonly<Record<Act, () => Promise<unknown>>> = {
      fire: () => world().createWorker().runner.fireDue(),
      snooze: () => thread.snooze({ kind: 'until', at: later }),
      'until-reply': () => thread.snooze({ kind: 'until-reply' }),
      hears: () => thread.hears(),
      closed: () => thread.becomes('closed'),
      open: () => thread.becomes('open'),
      pending: () => thread.becomes('pending'),
    };
    await settled(acts.map((one) => start[one]()));
    const { status, snooze, history } = await thread.stored();
    assertFollows(history);
    const last = history.at(-1);
    assert.deepEqual({ status, snooze }, { status: last?.status, snooze: last?.snooze });
    assert.equal(snooze === undefined || status === 'pending', true, 'only pending ones are snoozed');
    assert.deepEqual(
      await thread.timer(),
      snooze?.until ?? null,
      'a snooze has its timer, and no other has one',
    );
    clock.advance(60 * minuteMs);
    await world().fire();
    const after = await thread.stored();
    if (snooze?.until) assert.deepEqual([after.status, after.snooze], ['open', undefined]);
    else assert.equal(after.status, status);
  }

  it('two workers, snoozes, a message, closings › one after another, and no snooze without its timer', async () => {
    await fc.assert(fc.asyncProperty(fc.array(act, { minLength: 2, maxLength: 5 }), race), { numRuns });
  });
});
