import type { Types } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { RunInTransaction } from '../../platform/transaction.ts';
import type { TimerHandler, TimerHandlers, Timers } from '../../timers/timers.ts';
import type { LiveConversation, LivePlace, WaitStore } from '../conversations/waits.ts';
import type { WaitFacts } from './facts.ts';
import type { WaitLog } from './wait-log.ts';

/** As in the migration 0055, which arms both: soon, and an hour later for what the old version did until its end. */
const kinds = ['conversations.waits', 'conversations.waits-again'] as const;

export interface WaitCatchUpDeps {
  readonly conversations: WaitStore;
  readonly facts: WaitFacts;
  readonly waits: Pick<WaitLog, 'refresh'>;
  readonly timers: Pick<Timers, 'arm'>;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
}

/** Of one firing, which has 15 s; a conversation takes some milliseconds. */
const defaultBounds = { pageSize: 50, maxPages: 10 };

/**
 * Finds out since when contacts wait in conversations that an earlier version left: a timer for each business looks through
 * its open and pending ones. Its subject is the business, or the conversation where the firing before it stopped.
 */
export function createWaitCatchUp(deps: WaitCatchUpDeps, bounds = defaultBounds): TimerHandlers {
  const { conversations, timers, clock } = deps;
  const { pageSize, maxPages } = bounds;

  /** The last one that was looked at, if there may be more behind it. */
  async function look(scope: ClientScope, subjectId: Types.ObjectId): Promise<Types.ObjectId | null> {
    let after: LivePlace | null = subjectId.equals(scope.clientId)
      ? null
      : await conversations.findById(scope, subjectId);
    for (let page = 0; page < maxPages; page += 1) {
      const found = await conversations.listLive(scope, { after, limit: pageSize });
      for (const conversation of found) await catchUp(deps, scope, conversation);
      if (found.length < pageSize) return null;
      after = found.at(-1) ?? after;
    }
    return after?._id ?? null;
  }

  const handle: TimerHandler = async ({ scope, kind, subjectId }) => {
    const rest = await look(scope, subjectId);
    if (rest !== null) await timers.arm(scope, { kind, subjectId: rest, dueAt: clock.now() });
  };
  return Object.fromEntries(kinds.map((kind) => [kind, handle]));
}

async function catchUp(
  { conversations, facts, waits, runInTransaction }: WaitCatchUpDeps,
  scope: ClientScope,
  live: LiveConversation,
): Promise<void> {
  const { _id } = live;
  const closedAt = lastClosingOf(live);
  if (closedAt !== null)
    await conversations.settleArrivals(scope, _id, await facts.findLastArrivalUntil(scope, _id, closedAt));
  await facts.noteEarlierAnswers(scope, _id);
  await runInTransaction(async (session) => {
    const current = await conversations.findById(scope, _id, session);
    if (current !== null) await waits.refresh(scope, current, session);
  });
}

/** When the conversation was last closed, if nobody noted what was settled by that. */
function lastClosingOf({ reopenings, settledArrivals, history }: LiveConversation): Date | null {
  if (reopenings === undefined || settledArrivals !== undefined) return null;
  return history.findLast(({ status }) => status === 'closed')?.at ?? null;
}
