import { sleep, type Clock } from '../platform/clock.ts';
import type { LogBudget } from '../platform/log-budget.ts';
import type { Logger } from '../platform/logger.ts';
import { maxTakes } from './lease-size.ts';
import { decidingOutcomes, progressAfter } from './progress.ts';
import type { JudgedEvent, Lease, LeasedEvent, WebhookRepository } from './repository.ts';
import { judgeEvent, unmatchedAlertMs, type EventVerdict } from './rules.ts';
import { originOf } from './source.ts';
import { slicesOf, type ItemTask, type OpenEvent, type SliceDeps } from './slices.ts';

export interface TurnDeps extends SliceDeps {
  readonly events: WebhookRepository;
  /** Gives every task its outcome. */
  readonly handle: (tasks: readonly ItemTask[]) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** By source: whoever knows the address of a channel can post what becomes a dead letter. */
  readonly logBudget: LogBudget;
  readonly leaseMs: number;
  /** How long dead letters are kept. */
  readonly deadLetterMs: number;
}

/**
 * Handles the leased events of one source until all are done or the turn is over, at least one slice of them. What is
 * left is due again at once, with its progress.
 */
export async function runTurn(deps: TurnDeps, lease: Lease, isOver: () => boolean): Promise<void> {
  const batch = openBatch(deps, lease);
  const leaseKeeper = startLeaseKeeper(deps, batch);
  try {
    for await (const slice of slicesOf(deps, batch.opened)) {
      await deps.handle(slice.tasks);
      slice.record();
      if (isOver()) break;
    }
  } finally {
    await leaseKeeper.stop();
  }
  await batch.settleFinished();
  await batch.release();
}

interface Batch {
  /** The events to handle. */
  readonly opened: readonly OpenEvent[];
  /** Settles the events whose items are all handled. */
  settleFinished(): Promise<void>;
  /** Extends the lease of the other events, and stores the progress of those that have begun. */
  renew(): Promise<void>;
  /** Gives the other events back. */
  release(): Promise<void>;
}

function openBatch(deps: TurnDeps, { token, events: leased }: Lease): Batch {
  const { events, clock, logger, leaseMs, deadLetterMs } = deps;
  const all = leased.map((event): OpenEvent => ({ event, progress: null, isFinished: isGivenUp(event) }));
  let remaining: readonly OpenEvent[] = all;

  /** Processing twice is harmless, but doubles the load when everything is slow already. */
  function warnOfLost(lostCount: number): void {
    if (lostCount > 0) logger.warn({ lostCount }, 'webhook events lost their lease before they were done');
  }

  return {
    opened: all.filter(({ isFinished }) => !isFinished),

    async settleFinished() {
      const finished = remaining.filter(({ isFinished }) => isFinished);
      const now = clock.now();
      const verdicts = finished.map((open) => judge(deps, open, now));
      const settledCount = await events.settle(token, verdicts, { now, deadLetterMs });
      remaining = remaining.filter((open) => !finished.includes(open));
      warnOfLost(finished.length - settledCount);
    },

    async renew() {
      if (remaining.length === 0) return;
      const held = remaining.map(({ event }) => event);
      const heldCount = await events.renew({ token, events: held }, { leaseMs, now: clock.now() });
      warnOfLost(held.length - heldCount);
      for (const { event, progress } of remaining) {
        if (hasBegun(progress)) await events.saveProgress(token, event._id, progress);
      }
    },

    release: () =>
      events.release(
        token,
        remaining.map(({ event, progress }) => ({
          eventId: event._id,
          dueAt: event.nextAttemptAt ?? event.receivedAt,
          progress: hasBegun(progress) ? progress : null,
        })),
      ),
  };
}

const hasBegun = (progress: OpenEvent['progress']): progress is NonNullable<OpenEvent['progress']> =>
  progress !== null && (progress.handled > 0 || progress.handledItems > 0);

/** Its processor was stopped or lost its lease each time, perhaps by this event. */
const isGivenUp = ({ takes = 0 }: LeasedEvent): boolean => takes > maxTakes;

function judge(deps: TurnDeps, { event, progress }: OpenEvent, now: Date): JudgedEvent {
  const ageMs = now.getTime() - (event.redrivenAt ?? event.receivedAt).getTime();
  const verdict: EventVerdict = isGivenUp(event)
    ? { kind: 'dead', reason: `stalled: taken ${maxTakes} times, and no attempt came to an end` }
    : judgeEvent(progress === null ? [] : decidingOutcomes(progress), { attempts: event.attempts, ageMs });
  if (verdict.kind === 'dead' || (verdict.kind === 'again' && ageMs > unmatchedAlertMs))
    logVerdict(deps, event, verdict);
  return {
    eventId: event._id,
    verdict,
    progress: progress === null ? null : progressAfter(verdict, progress),
  };
}

function logVerdict(
  { logger, logBudget }: TurnDeps,
  { _id, source }: LeasedEvent,
  { kind, reason }: Exclude<EventVerdict, { readonly kind: 'done' }>,
): void {
  const line = logBudget(`${kind} ${originOf(source ?? null)}`);
  if (line === null) return;
  const leftOut = line.leftOutCount === 0 ? {} : { leftOutCount: line.leftOutCount };
  const fields = { eventId: _id.toHexString(), reason, ...leftOut };
  if (kind === 'dead') logger.error(fields, 'webhook event became a dead letter; see npm run dead-letters');
  else logger.warn(fields, 'webhook event still not processed');
}

/** A turn that takes longer than this many leases counts as stuck; other processors take its events over. */
const maxRenewals = 20;

/** Three times per lease, settles finished events and renews the lease of the others, until stopped. */
function startLeaseKeeper({ logger, leaseMs }: TurnDeps, batch: Batch) {
  const stopping = new AbortController();
  async function keepLease(): Promise<void> {
    for (let count = 0; count < maxRenewals * 3; count += 1) {
      await sleep(leaseMs / 3, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await batch.settleFinished();
        await batch.renew();
      } catch (error) {
        logger.warn({ error }, 'webhook lease not renewed; retrying');
      }
    }
  }
  const ended = keepLease();
  return {
    /** Resolves after a round in progress, so that no event is settled twice. */
    async stop(): Promise<void> {
      stopping.abort();
      await ended;
    },
  };
}
