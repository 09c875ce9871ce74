import type { Types } from 'mongoose';
import type { AuditActor, AuditedWrite, AuditService } from '../../../audit/service.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { FileSends } from '../../../inbox/media/sends.ts';
import { AppError, type Issue, notFound, wrongState } from '../../../platform/errors.ts';
import type { Logger } from '../../../platform/logger.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { TemplateCatalogue } from '../../../templates/catalogue.ts';
import { tooFarAhead } from '../acceptance/draft.ts';
import { isSentByProduct, isTooFarAhead } from '../rules.ts';
import type { ScheduledChange } from '../store/dispatch-writes.ts';
import type { MessageDoc, MessageRepository } from '../store/repository.ts';
import { type NewWords, wordsOf } from './edit.ts';
import { timelineOf, waitingForOf, type RunState, type TimelineEntry, type WaitingFor } from './timeline.ts';
import type { MessageWorkflows } from '../workflows.ts';

export interface MessageActionDeps {
  readonly messages: MessageRepository;
  readonly workflows: MessageWorkflows;
  readonly templates: Pick<TemplateCatalogue, 'contentForSend'>;
  readonly files: Pick<FileSends, 'findForSend'>;
  readonly audit: AuditService;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A change of a scheduled message. */
export interface MessageEdit extends NewWords {
  /** Null means now. */
  readonly sendAt?: Date | null | undefined;
}

type UserActor = Extract<AuditActor, { readonly userId: Types.ObjectId }>;

export interface MessageTimeline {
  readonly message: MessageDoc;
  readonly waitingFor: WaitingFor | null;
  /** Null if Temporal is unavailable or no longer has the run. */
  readonly run: RunState | null;
  readonly entries: readonly TimelineEntry[];
}

export type MessageActions = ReturnType<typeof createMessageActions>;

/** Cancel and change unsent messages, and show their timelines. */
export function createMessageActions(deps: MessageActionDeps) {
  const { messages, workflows, clock, logger } = deps;
  const changes = createAuditedChanges(deps);

  const findOutbound = async (scope: ClientScope, id: Types.ObjectId): Promise<MessageDoc> => {
    const message = await messages.findById(scope, id);
    if (message === null || !isSentByProduct(message)) throw notFound('message');
    return message;
  };

  return {
    /** Cancels a message that has not left. The database decides; the workflow is notified. */
    async cancel(scope: ClientScope, by: AuditActor, id: Types.ObjectId): Promise<MessageDoc> {
      const isCanceled = await changes.cancel(scope, by, id);
      const message = await findOutbound(scope, id);
      // Idempotent: a second cancel returns the same as the first.
      if (message.status !== 'canceled')
        throw new AppError('already-left', `The message is ${message.status}.`, {
          extensions: { state: message.status },
        });
      if (!isCanceled) return message;
      await workflows.cancel(id.toHexString()).catch((error: unknown) => {
        // Without the notification the claim still finds the message canceled; the workflow only ends later.
        logger.warn({ messageId: id.toHexString(), error }, 'canceled, but the workflow was not notified');
      });
      return message;
    },

    /**
     * Changes the time or the words of a scheduled message. The database decides; the workflow is notified of a new time,
     * and reads the words when it sends. One that missed a later time finds it when it takes the claim; one that missed
     * an earlier time is woken by the sweep.
     */
    async change(
      scope: ClientScope,
      by: UserActor,
      id: Types.ObjectId,
      { sendAt: wanted, ...newWords }: MessageEdit,
    ): Promise<MessageDoc> {
      const now = clock.now();
      const message = await findOutbound(scope, id);
      if (message.status !== 'scheduled') throw notScheduled(message);
      const issues: Issue[] = [];
      if (wanted instanceof Date && wanted <= now) issues.push(timeIssue('Must be in the future.'));
      if (wanted instanceof Date && isTooFarAhead(wanted, now)) issues.push(tooFarAhead);
      const words = await wordsOf(deps, { scope, message, issues }, newWords);
      if (issues.length > 0) throw invalidChange(issues);
      const sendAt = wanted === null ? now : wanted;
      const changed = await changes.change(scope, by, id, { sendAt, words, by: by.userId, now });
      if (changed === null) {
        const latest = await findOutbound(scope, id);
        if (latest.status !== 'scheduled') throw notScheduled(latest);
        throw invalidChange([
          timeIssue(`Must be before expiresAt, ${latest.expiresAt?.toISOString() ?? ''}.`),
        ]);
      }
      if (sendAt !== undefined)
        await workflows.reschedule(id.toHexString(), sendAt).catch((error: unknown) => {
          logger.warn(
            { messageId: id.toHexString(), error },
            'rescheduled, but the workflow was not notified',
          );
        });
      return changed;
    },

    /** The stored history, with the state of the run if Temporal answers. */
    async timeline(scope: ClientScope, id: Types.ObjectId): Promise<MessageTimeline> {
      const message = await findOutbound(scope, id);
      const run = await workflows.describe(id.toHexString()).catch((error: unknown) => {
        logger.warn({ messageId: id.toHexString(), error }, 'timeline shown without the state of the run');
        return null;
      });
      return { message, run, waitingFor: waitingForOf(message, run), entries: timelineOf(message) };
    },
  };
}

/** Changes by users, each in one transaction with its audit event. */
const createAuditedChanges = ({ messages, audit, clock }: MessageActionDeps) => ({
  /** False if the message may have left. */
  cancel: (scope: ClientScope, by: AuditActor, id: Types.ObjectId): Promise<boolean> =>
    audit.audited(scope, by, async (session) => {
      const before = await messages.findById(scope, id, session);
      const isCanceled = await messages.cancel(scope, id, clock.now(), session);
      if (before === null || !isCanceled) return { result: false, write: null };
      const [was, is] = [{ status: before.status }, { status: 'canceled' }];
      return { result: true, write: messageWrite('canceled', id, was, is) };
    }),

  /** Null if the message is no longer scheduled, or would be sent after it expires. */
  change: (
    scope: ClientScope,
    by: UserActor,
    id: Types.ObjectId,
    change: ScheduledChange,
  ): Promise<MessageDoc | null> =>
    audit.audited(scope, by, async (session) => {
      const before = await messages.findById(scope, id, session);
      const changed = before && (await messages.changeScheduled(scope, before, change, session));
      if (before === null || changed === null) return { result: null, write: null };
      // The words themselves are in the history of the message.
      const edited = change.words === undefined ? {} : { edited: 'words' };
      const [was, is] = [{ sendAt: before.sendAt }, { sendAt: changed.sendAt, ...edited }];
      const done = change.words === undefined ? 'rescheduled' : 'edited';
      return { result: changed, write: messageWrite(done, id, was, is) };
    }),
});

const messageWrite = (done: string, id: Types.ObjectId, before: object, after: object): AuditedWrite => ({
  action: `message.${done}`,
  target: { type: 'message', id },
  before: { ...before },
  after: { ...after },
});

const invalidChange = (errors: readonly Issue[]): AppError =>
  new AppError('invalid-input', 'The message cannot be changed.', { errors });

const timeIssue = (message: string): Issue => ({ path: 'body.sendAt', message });

const notScheduled = ({ status }: MessageDoc): AppError =>
  wrongState(`The message is ${status}; only scheduled messages can be changed.`, status);
