import type { Types } from 'mongoose';
import type { ResourceRef } from '../../../audit/resource.ts';
import { mapConcurrently } from '../../../platform/concurrency.ts';
import { AppError } from '../../../platform/errors.ts';
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

export interface BulkOutcome {
  readonly changed: readonly Types.ObjectId[];
  /** Those that were refused, each with its problem. */
  readonly skipped: readonly {
    readonly id: Types.ObjectId;
    readonly code: string;
    readonly detail: string;
  }[];
}

/** All are snoozed until the same instant. */
type DecidedAction = SimpleAction | { readonly type: 'snooze'; readonly snooze: ConversationSnooze };

/** Each change is a transaction; a few at a time leave the database to others. */
const maxConcurrentChanges = 4;

/**
 * Does the same to each of the conversations, as the single requests do. A refusal concerns its conversation alone; any
 * other error ends the request, and repeating it changes only the rest.
 */
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
    const refusals = await mapConcurrently(ids, maxConcurrentChanges, async (id) => {
      try {
        const ref = { id, version: undefined };
        if (decided.type === 'run-macro')
          await runMacro(scope, by, ref, { id: decided.macroId, isOfMany: true });
        else await changeOne(conversations, scope, by, { ref, action: decided });
        return null;
      } catch (error) {
        if (!(error instanceof AppError) || !error.isRefusal) throw error;
        return { id, code: error.code, detail: error.message };
      }
    });
    return {
      changed: ids.filter((_id, index) => refusals[index] === null),
      skipped: refusals.filter((refusal) => refusal !== null),
    };
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
