import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createBusinessHoursUseCases } from '../../src/inbox/business-hours/use-cases.ts';
import type { Interval } from '../../src/inbox/business-hours/intervals.ts';
import { weekdays } from '../../src/inbox/business-hours/intervals.ts';
import type { SlaClockDoc } from '../../src/inbox/sla/clocks/repository.ts';
import { buildRecords } from '../../src/app/events.ts';
import { newId } from '../../src/platform/ids.ts';
import { createSlaOracle } from '../support/sla-oracle.ts';
import {
  atMinute,
  minuteMs,
  minutesOf,
  startSlaWorld,
  worldStart,
  type SlaWorld,
} from '../support/sla-world.ts';
import { useRunning } from '../support/use-running.ts';

/** Opening hours of every day; minute 0 of the world is 09:00. */
const shifts: readonly (readonly Interval[])[] = [
  [['00:00', '24:00']],
  [
    ['08:00', '09:20'],
    ['09:50', '10:30'],
    ['11:00', '18:00'],
  ],
  [['10:00', '11:00']],
];

const dayMinutes = 24 * 60;
const clockMinutes = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
const isOpenBy = (intervals: readonly Interval[]) => (minute: number) => {
  const ofDay = (((minute + 9 * 60) % dayMinutes) + dayMinutes) % dayMinutes;
  return intervals.some(([from, to]) => clockMinutes(from) <= ofDay && ofDay < clockMinutes(to));
};
const weekOf = (intervals: readonly Interval[]) =>
  Object.fromEntries(weekdays.map((day) => [day, intervals]));

const lag = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 12 }));
const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const target = fc.constantFrom(5, 10, 20, 60);

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 25 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('hears' as const), lag }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('answered' as const),
      ...{
        key,
        lag,
        state: fc.constantFrom('sent' as const, 'sent' as const, 'failed' as const, 'delivered' as const),
      },
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('becomes' as const),
      status: fc.constantFrom('open' as const, 'pending' as const, 'closed' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('targets' as const), first: target, next: target }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resolution' as const), minutes: target }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('hours' as const), shift: fc.nat(shifts.length - 1) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function describe1(clock: SlaClockDoc): string | null {
  const { cycle, kind, startedAt, state, dueAt, endedAt } = clock;
  if (state === 'void') return null;
  const name = `${cycle} ${kind === 'resolution' ? kind : 'response'} ${minutesOf(startedAt)} ${state}`;
  if (state === 'running') return `${name} ${minutesOf(dueAt)}`;
  return state === 'met' ? `${name} ${minutesOf(endedAt)}` : name;
}

describe('deadlines of conversations › any course of events', function () {
  this.timeout(300_000);
  const world = useRunning<SlaWorld>(() => startSlaWorld('sla_properties'));

  async function play(steps: readonly Step[]): Promise<void> {
    const { clock, process, connection } = world();
    clock.advance(worldStart.getTime() - clock.now().getTime());
    const of = world().scope();
    const by = { type: 'user', userId: newId() } as const;
    const { audit } = buildRecords({ mongo: connection, clock });
    const dependents = process.hoursDependents;
    const hours = createBusinessHoursUseCases({ hours: world().hours, dependents, audit, clock });
    const policies = process.policyUseCases({ channels: { findById: async () => null } });
    const [always = []] = shifts;
    const open = await hours.create(of, by, {
      name: 'Office',
      zone: 'UTC',
      week: weekOf(always),
      holidays: [],
    });
    const policy = await policies.create(of, by, {
      ...{ name: 'Standard', priority: 1, match: { channelIds: [] }, warnAt: 0.8, businessHoursId: open._id },
      ...{ firstResponseSeconds: 600, nextResponseSeconds: 1_200, resolutionSeconds: 3_600 },
    });
    const refOf = (id: typeof policy._id) => ({ id, version: undefined });
    const oracle = createSlaOracle({ first: 10, next: 20, resolution: 60, isOpen: isOpenBy(always) });
    const thread = world().thread(of);
    const now = () => minutesOf(clock.now()) ?? 0;

    async function take(one: Step): Promise<void> {
      switch (one.kind) {
        case 'wait':
          for (let minute = 0; minute < one.minutes; minute += 1) {
            clock.advance(minuteMs);
            oracle.settle(now());
          }
          return;
        case 'hears':
          oracle.hears(now() - one.lag);
          return thread.hears(atMinute(now() - one.lag));
        case 'answered':
          oracle.answered(one.key, one.state, now() - one.lag);
          return thread.answered(one.key, one.state, atMinute(now() - one.lag));
        case 'becomes':
          oracle.becomes(one.status, now());
          return thread.becomes(one.status);
        case 'targets': {
          oracle.edit({ first: one.first, next: one.next });
          const patch = { firstResponseSeconds: one.first * 60, nextResponseSeconds: one.next * 60 };
          await policies.update(of, by, refOf(policy._id), patch);
          return;
        }
        case 'resolution':
          oracle.edit({ resolution: one.minutes });
          await policies.update(of, by, refOf(policy._id), { resolutionSeconds: one.minutes * 60 });
          return;
        case 'hours': {
          const shift = shifts[one.shift] ?? [];
          oracle.edit({ isOpen: isOpenBy(shift) });
          await hours.update(of, by, refOf(open._id), { week: weekOf(shift) });
        }
      }
    }

    /** Whatever runs is shown with the conversation. */
    async function assertChips(clocks: readonly SlaClockDoc[]): Promise<void> {
      const conversation = await thread.conversation();
      const found = await process.deadlines.ofConversations(of, [conversation]);
      const chips = found.get(conversation._id.toHexString()) ?? [];
      const running = clocks.filter(({ state }) => state === 'running' || state === 'paused');
      for (const { kind, state, dueAt } of running)
        assert.deepEqual(
          chips.filter((chip) => chip.kind === kind),
          [{ kind, state, dueAt }],
        );
    }

    await thread.hears(atMinute(0));
    oracle.hears(0);
    oracle.settle(0);
    for (const [index, one] of steps.entries()) {
      await take(one);
      await world().fire();
      oracle.settle(now());
      const clocks = await thread.clocks();
      const shown = clocks.flatMap((found) => describe1(found) ?? []).toSorted();
      await assertChips(clocks);
      assert.deepEqual(shown, oracle.shown(), `after step ${index}: ${JSON.stringify(one)} at ${now()}`);
    }
  }

  it('messages, answers, failures, closings, pauses and edits › as counted minute by minute', async () => {
    const sent = { kind: 'answered', state: 'sent' } as const;
    const between: readonly Step[] = [
      { kind: 'hears', lag: 2 },
      { kind: 'hears', lag: 1 },
      { ...sent, key: 'a', lag: 0 },
    ];
    const examples: [Step[]][] = [
      [[...between, { ...sent, key: 'a', lag: 1 }]],
      [[...between, { ...sent, key: 'a', lag: 0, state: 'failed' }, { ...sent, key: 'b', lag: 1 }]],
    ];
    const numRuns = Number(process.env['SLA_RUNS'] ?? 25);
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25, size: 'max' }), play), {
      numRuns,
      examples,
    });
  });
});
