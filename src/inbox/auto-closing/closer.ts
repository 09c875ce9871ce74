import type { ClientSession, Types } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { RunInTransaction } from '../../platform/transaction.ts';
import type { TimerHandler, Timers } from '../../timers/timers.ts';
import type { ConversationAssignments } from '../conversations/assignments.ts';
import { createDecide, type ConversationResource } from '../conversations/resource.ts';
import type { SilentConversation, SilentConversations, SilentRange } from '../conversations/silent.ts';
import type { InboxSettingsReader } from '../settings/reader.ts';
import type { FollowSettings } from '../settings/use-cases.ts';
import type { FindLastWords, LastWords } from './last-words.ts';
import { afterSilence, answeredUntil, nextLook } from './rules.ts';

export interface AutoClosingDeps {
  readonly conversations: SilentConversations;
  readonly resource: ConversationResource;
  /** The queue moves on. */
  readonly assignments: Pick<ConversationAssignments, 'place'>;
  readonly readSettings: InboxSettingsReader;
  readonly findLastWords: FindLastWords;
  readonly timers: Pick<Timers, 'arm' | 'disarm'>;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
}

/** The kind of its timer. */
export const autoCloseTimer = 'conversation.auto-close';

const product = { type: 'system' } as const;
const hourMs = 60 * 60 * 1_000;

/** Of one firing, which has 15 s. */
interface Bounds {
  readonly pageSize: number;
  /** One without a conversation to close takes some milliseconds. */
  readonly maxPages: number;
  /** Each is a transaction; the page that exceeds it is finished. */
  readonly maxClosings: number;
}
const defaultBounds: Bounds = { pageSize: 100, maxPages: 10, maxClosings: 200 };

/** What one firing found. */
interface Looked {
  /** When conversations may close that were still too young. */
  readonly times: readonly Date[];
  /** The last one that was looked at, if there may be more behind it. */
  readonly rest: Types.ObjectId | null;
}

/**
 * Closes conversations in which the contact has been silent. A business that wants it has one timer, which looks through
 * its open conversations, the oldest first: messages cost nothing for it. Its subject is the business, or the conversation
 * where the firing before it stopped.
 */
export function createAutoClosing(deps: AutoClosingDeps, bounds = defaultBounds) {
  const { conversations, readSettings, timers, runInTransaction, clock } = deps;
  const { pageSize, maxPages, maxClosings } = bounds;
  const close = createClose(deps);

  /** Closes what may close on one page; returns when the others may. */
  async function closeAmong(
    scope: ClientScope,
    page: readonly SilentConversation[],
    { hours, now }: { readonly hours: number; readonly now: Date },
  ): Promise<{ readonly times: readonly Date[]; readonly closings: number }> {
    const words = await deps.findLastWords(scope, page);
    const times: Date[] = [];
    let closings = 0;
    for (const conversation of page) {
      const said = words.get(conversation._id.toHexString());
      if (said === undefined) continue;
      const next = afterSilence(silenceOf(conversation, said), hours, now);
      if (next.kind === 'later') times.push(next.at);
      if (next.kind !== 'close') continue;
      await close(scope, conversation);
      closings += 1;
    }
    return { times, closings };
  }

  async function look(scope: ClientScope, hours: number, subjectId: Types.ObjectId): Promise<Looked> {
    const now = clock.now();
    const until = new Date(now.getTime() - hours * hourMs);
    const times: Date[] = [];
    let after: SilentRange['after'] = subjectId.equals(scope.clientId)
      ? null
      : await conversations.findById(scope, subjectId);
    let closings = 0;
    for (let pages = 0; pages < maxPages && closings < maxClosings; pages += 1) {
      const page = await conversations.listSilent(scope, { until, after, limit: pageSize });
      const closed = await closeAmong(scope, page, { hours, now });
      times.push(...closed.times);
      closings += closed.closings;
      after = page.at(-1) ?? after;
      if (page.length === pageSize) continue;
      const next = await conversations.findFirstSpokenAfter(scope, until);
      if (next !== null) times.push(new Date(next.lastMessageAt.getTime() + hours * hourMs));
      return { times, rest: null };
    }
    return { times, rest: after?._id ?? null };
  }

  const handle: TimerHandler = async ({ scope, subjectId, complete }) => {
    const { autoCloseAfterHours: hours } = await readSettings(scope);
    if (hours === 0) return;
    const { times, rest } = await look(scope, hours, subjectId);
    await runInTransaction(async (session) => {
      if (!(await complete(session))) return;
      const now = clock.now();
      const next =
        rest === null
          ? { kind: autoCloseTimer, subjectId: scope.clientId, dueAt: nextLook(times, now) }
          : { kind: autoCloseTimer, subjectId: rest, dueAt: now };
      await timers.arm(scope, next, session);
    });
  };

  /** Starts and ends with the setting, in its transaction. */
  const followSettings: FollowSettings = async (scope, { before, after }, session) => {
    if (before.autoCloseAfterHours === after.autoCloseAfterHours) return;
    const key = { kind: autoCloseTimer, subjectId: scope.clientId };
    if (after.autoCloseAfterHours === 0) await timers.disarm(scope, key, session);
    else await timers.arm(scope, { ...key, dueAt: clock.now() }, session);
  };

  return { followSettings, handlers: { [autoCloseTimer]: handle } };
}

const silenceOf = ({ lastMessageAt, history }: SilentConversation, words: LastWords) => ({
  lastMessageAt,
  decidedAt: history.at(-1)?.at ?? null,
  words,
});

/** Closes a conversation as it was looked at: each message and each decision since then raises its revision. */
const createClose = (deps: AutoClosingDeps) => {
  const { resource, runInTransaction, conversations } = deps;
  const decide = createDecide(deps)({ status: 'closed' }, { reason: 'contact-silent' });
  const isAsSeen = async (
    scope: ClientScope,
    { _id, revision }: SilentConversation,
    session: ClientSession,
  ) => {
    const current = await conversations.findById(scope, _id, session);
    return current !== null && current.revision === revision;
  };
  return (scope: ClientScope, seen: SilentConversation): Promise<void> =>
    runInTransaction(async (session) => {
      if (!(await isAsSeen(scope, seen, session))) return;
      await resource.within(session).change(
        scope,
        product,
        { id: seen._id, version: undefined },
        {
          action: 'conversation.status-changed',
          async decide(current, within) {
            const closed = await decide(current, within);
            return { ...closed, answeredUntil: answeredUntil(seen.lastMessageAt) };
          },
        },
      );
    });
};
