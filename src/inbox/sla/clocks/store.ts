import type { ClientSession, Types } from 'mongoose';
import type { AuditService } from '../../../audit/service.ts';
import type { Clock as TimeSource } from '../../../platform/clock.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { Timers } from '../../../timers/timers.ts';
import type { Breach } from '../../conversations/deadlines.ts';
import { isSameTime, judge, nextLook } from './clock.ts';
import type { SlaClockDoc, SlaClockRepository } from './repository.ts';

/** Fires when a clock is to be looked at: its warning, or its deadline. */
export const clockTimer = 'sla-clock.due';

export interface ClockStoreDeps {
  readonly clocks: SlaClockRepository;
  readonly timers: Pick<Timers, 'arm' | 'disarm'>;
  /** Marks the conversation, and returns its agent; null if it has none, or is in another cycle. */
  markBreached(scope: ClientScope, breach: Breach, session: ClientSession): Promise<Types.ObjectId | null>;
  readonly audit: Pick<AuditService, 'record'>;
  readonly time: TimeSource;
}

export interface ClockChange {
  /** Null for a new clock. */
  readonly before: SlaClockDoc | null;
  /** The same object as `before` if nothing changes. */
  readonly after: SlaClockDoc;
}

export type ClockStore = ReturnType<typeof createClockStore>;

/**
 * The only writes of clocks: each in the transaction of its cause, with the timer that looks at it next, and with the mark
 * on the conversation if it is a breach. A warning and a breach are one change from null to a time, which the version of
 * the clock allows once.
 */
export function createClockStore({ clocks, timers, markBreached, audit, time }: ClockStoreDeps) {
  async function watch(scope: ClientScope, clock: SlaClockDoc, session: ClientSession): Promise<void> {
    const timer = { kind: clockTimer, subjectId: clock._id };
    const dueAt = nextLook(clock);
    if (dueAt === null) await timers.disarm(scope, timer, session);
    else await timers.arm(scope, { ...timer, dueAt }, session);
  }

  /** With the agent to whom a new breach is charged. */
  async function markedBreach(
    scope: ClientScope,
    { before, after }: ClockChange,
    session: ClientSession,
  ): Promise<SlaClockDoc> {
    const { breachedAt: at, conversationId, cycle } = after;
    if (at === null || isSameTime(before?.breachedAt ?? null, at)) return after;
    const agentId = await markBreached(scope, { conversationId, cycle, at }, session);
    return agentId === null ? after : { ...after, breachedWhileAssignedTo: agentId };
  }

  async function write(scope: ClientScope, change: ClockChange, session: ClientSession): Promise<void> {
    const { before } = change;
    if (change.after === before) return;
    const after = await markedBreach(scope, change, session);
    if (before === null) {
      await clocks.insert(scope, after, session);
    } else {
      const next = { ...after, version: before.version + 1 };
      // The snapshot of the transaction has this version, so another write would have been a conflict.
      if (!(await clocks.replace(scope, before, next, session)))
        throw new Error('The clock changed inside a transaction.');
      await recordDueAt(scope, { before, after }, session);
    }
    const look = before === null ? null : nextLook(before);
    if (!isSameTime(look, nextLook(after))) await watch(scope, after, session);
  }

  async function recordDueAt(
    scope: ClientScope,
    { before, after }: { readonly before: SlaClockDoc; readonly after: SlaClockDoc },
    session: ClientSession,
  ): Promise<void> {
    if (isSameTime(before.dueAt, after.dueAt)) return;
    const field = `${after.kind} dueAt`;
    const write = {
      action: 'sla-clock.rescheduled',
      target: { type: 'conversation', id: after.conversationId },
      before: { [field]: before.dueAt },
      after: { [field]: after.dueAt },
    };
    await audit.record(scope, { type: 'system' }, write, session);
  }

  return {
    write,

    /** Makes the timer look again, whatever it did before. */
    watch,

    /** Stores a new clock, which views show instead of the one before. */
    async start(
      scope: ClientScope,
      fresh: Omit<SlaClockDoc, 'state' | 'endedAt' | 'warnedAt' | 'breachedAt' | 'lateArrival' | 'version'>,
      session: ClientSession,
    ): Promise<void> {
      const now = time.now();
      const standing = { state: 'running', endedAt: null, warnedAt: null, breachedAt: null } as const;
      const judged = judge({ ...fresh, ...standing, lateArrival: false, version: 1 }, null, now);
      const lateArrival = judged.breachedAt !== null;
      await clocks.hide(scope, fresh, session);
      await write(scope, { before: null, after: { ...judged, lateArrival, isShown: true } }, session);
    },
  };
}
