import type { ClientSession } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { Timers } from '../../timers/timers.ts';
import { isSameSnooze } from './decisions.ts';
import type { ConversationRecord } from './model.ts';

/** The kind of the timer that ends a snooze; its subject is the conversation. */
export const wakeTimer = 'conversation.wake';

/** Sets the timer of a snooze, and ends it with the snooze, in the transaction of the change. */
export type FollowSnooze = (
  scope: ClientScope,
  change: { readonly before: ConversationRecord; readonly after: ConversationRecord },
  session: ClientSession,
) => Promise<void>;

export const createFollowSnooze =
  (timers: Pick<Timers, 'arm' | 'disarm'>): FollowSnooze =>
  async (scope, { before, after }, session) => {
    if (isSameSnooze(before.snooze, after.snooze)) return;
    const key = { kind: wakeTimer, subjectId: after._id };
    const dueAt = after.snooze?.until ?? null;
    if (dueAt !== null) await timers.arm(scope, { ...key, dueAt }, session);
    else await timers.disarm(scope, key, session);
  };
