import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { RunInTransaction } from '../../platform/transaction.ts';
import type { TimerHandler, TimerHandlers, Timers } from '../../timers/timers.ts';
import { isLive, judge, nextLook } from './clocks/clock.ts';
import type { SlaClockDoc } from './clocks/repository.ts';
import { clockTimer } from './clocks/store.ts';
import { isOutdated, refresh, versionsOf } from './clocks/terms.ts';
import { currentOf, type DeadlineDeps } from './deadlines.ts';
import { policyTimers } from './policies/use-cases.ts';

export interface SlaTimerDeps extends DeadlineDeps {
  readonly timers: Pick<Timers, 'arm'>;
  readonly runInTransaction: RunInTransaction;
}

/** Clocks that one firing moves; it takes a second at most. */
const maxClocksPerFiring = 100;

/** What happens when a clock is due, and after an edit of a policy or of its hours. */
export function createSlaTimerHandlers(deps: SlaTimerDeps): TimerHandlers {
  const { runInTransaction } = deps;

  const look: TimerHandler = ({ scope, subjectId, complete }) =>
    runInTransaction(async (session) => {
      if (!(await complete(session))) return;
      const after = await bringUpToDate(deps, scope, subjectId, session);
      // The clocks of two workers may differ: one that fired too early is fired again.
      if (after !== null && nextLook(after) !== null) await deps.store.watch(scope, after, session);
    });

  const apply: TimerHandler = async ({ scope, kind, subjectId }) => {
    const current = await runInTransaction((session) => currentOf(deps, scope, subjectId, session));
    const versions = versionsOf(current);
    const ids = await deps.clocks.findOutdated(scope, subjectId, versions, maxClocksPerFiring);
    for (const id of ids)
      await runInTransaction(async (session) => void (await bringUpToDate(deps, scope, id, session)));
    if (ids.length === maxClocksPerFiring)
      await deps.timers.arm(scope, { kind, subjectId, dueAt: deps.time.now() });
  };

  return { [clockTimer]: look, [policyTimers.apply]: apply, [policyTimers.applyAgain]: apply };
}

/** The clock as it stands now, by its policy of now; null if it can change no more. */
async function bringUpToDate(
  deps: DeadlineDeps,
  scope: ClientScope,
  id: Types.ObjectId,
  session: ClientSession,
): Promise<SlaClockDoc | null> {
  const { clocks, store, time } = deps;
  const clock = await clocks.findById(scope, id, session);
  if (clock === null || !isLive(clock)) return null;
  const current = await currentOf(deps, scope, clock.policyId, session);
  const now = time.now();
  const after = isOutdated(clock, current) ? refresh(clock, current, now) : judge(clock, null, now);
  await store.write(scope, { before: clock, after }, session);
  return after;
}
