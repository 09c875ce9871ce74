import type { Types } from 'mongoose';
import type { ResourceRef } from '../../../audit/resource.ts';
import { changeEach, type BulkOutcome } from '../../../platform/bulk.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { ConversationSnooze, ConversationStatus } from '../model.ts';
import type { SnoozeWish } from '../snoozing.ts';
import type { Person } from '../taking.ts';
import type { ConversationUseCases } from '../use-cases.ts';

/** What is done to each of many conversations. */
export type BulkAction = SimpleAction | { readonly type: 'snooze'; readonly wish: SnoozeWish };

type SimpleAction =
  | { readonly type: 'set-status'; readonly status: ConversationStatus }
  | { readonly type: 'assign'; readonly agentId: Types.ObjectId | null }
  | { readonly type: 'take' | 'give-back' }
  | MacroRun;

interface MacroRun {
  readonly type: 'run-macro';
  readonly macroId: Types.ObjectId;
}

/** Does what a macro says to one conversation. Macros know how. */
export type RunMacro = (
  scope: ClientScope,
  by: Person,
  ref: ResourceRef,
  macro: { readonly id: Types.ObjectId; readonly isOfMany: boolean },
) => Promise<unknown>;

/** All are snoozed until the same instant. */
type DecidedAction = SimpleAction | { readonly type: 'snooze'; readonly snooze: ConversationSnooze };

/** Does the same to each of the conversations, as the single requests do. */
export const createBulkChange =
  (conversations: ConversationUseCases, runMacro: RunMacro) =>
  async (
    scope: ClientScope,
    by: Person,
    { ids, action }: { readonly ids: readonly Types.ObjectId[]; readonly action: BulkAction },
  ): Promise<BulkOutcome> => {
    const decided: DecidedAction =
      action.type === 'snooze'
        ? { type: 'snooze', snooze: conversations.snoozeFor(action.wish, 'body.action.snoozedUntil') }
        : action;
    return changeEach(ids, (id) => {
      const ref = { id, version: undefined };
      return decided.type === 'run-macro'
        ? runMacro(scope, by, ref, { id: decided.macroId, isOfMany: true })
        : changeOne(conversations, scope, by, { ref, action: decided });
    });
  };

function changeOne(
  conversations: ConversationUseCases,
  scope: ClientScope,
  by: Person,
  { ref, action }: { readonly ref: ResourceRef; readonly action: Exclude<DecidedAction, MacroRun> },
): Promise<unknown> {
  switch (action.type) {
    case 'set-status':
      return conversations.setStatus(scope, by, ref, action.status);
    case 'assign':
      return conversations.assign(scope, by, ref, action.agentId);
    case 'snooze':
      return conversations.snooze(scope, by, ref, action.snooze);
    case 'take':
      return conversations.take(scope, by, ref);
    case 'give-back':
      return conversations.giveBack(scope, by, ref);
  }
}
