import type { Types } from 'mongoose';
import type { AuditActor, AuditedWrite, AuditService } from '../../../audit/service.ts';
import type { Clock } from '../../../platform/clock.ts';
import { AppError, notFound, wrongState } from '../../../platform/errors.ts';
import type { Logger } from '../../../platform/logger.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import { isSentByProduct } from '../rules.ts';
import type { MessageDoc, MessageRepository } from '../store/repository.ts';
import { timelineOf, waitingForOf, type RunState, type TimelineEntry, type WaitingFor } from './timeline.ts';
import type { MessageWorkflows } from '../workflows.ts';

export interface MessageActionDeps {
  readonly messages: MessageRepository;
  readonly workflows: MessageWorkflows;
  readonly audit: AuditService;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface MessageTimeline {
  readonly message: MessageDoc;
  readonly waitingFor: WaitingFor | null;
  /** Null if Temporal is unavailable or no longer has the run. */
  readonly run: RunState | null;
  readonly entries: readonly TimelineEntry[];
}

export type MessageActions = ReturnType<typeof createMessageActions>;

/** Cancel and reschedule unsent messages, and show their timelines. */
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
     * Reschedules a message. The database decides; the workflow is notified. A workflow that missed a later time finds
     * it when it takes the claim; one that missed an earlier time is woken by the sweep.
     */
    async reschedule(
      scope: ClientScope,
      by: AuditActor,
      id: Types.ObjectId,
      sendAt: Date,
    ): Promise<MessageDoc> {
      const now = clock.now();
      if (sendAt <= now)
        throw invalidTime('Must be in the future. To send now, cancel the message and send a new one.');
      const moved = await changes.move(scope, by, id, { sendAt, now });
      if (moved === null) {
        const { status, expiresAt } = await findOutbound(scope, id);
        if (status !== 'scheduled') {
          throw wrongState(`The message is ${status}; only scheduled messages can be rescheduled.`, status);
        }
        throw invalidTime(`Must be before expiresAt, ${expiresAt?.toISOString() ?? ''}.`);
      }
      await workflows.reschedule(id.toHexString(), sendAt).catch((error: unknown) => {
        logger.warn({ messageId: id.toHexString(), error }, 'rescheduled, but the workflow was not notified');
      });
      return moved;
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

  /** Null if the message is no longer scheduled. */
  move: (
    scope: ClientScope,
    by: AuditActor,
    id: Types.ObjectId,
    times: { readonly sendAt: Date; readonly now: Date },
  ): Promise<MessageDoc | null> =>
    audit.audited(scope, by, async (session) => {
      const before = await messages.findById(scope, id, session);
      const moved = await messages.reschedule(scope, id, times, session);
      if (before === null || moved === null) return { result: null, write: null };
      const [was, is] = [{ sendAt: before.sendAt }, { sendAt: moved.sendAt }];
      return { result: moved, write: messageWrite('rescheduled', id, was, is) };
    }),
});

const messageWrite = (done: string, id: Types.ObjectId, before: object, after: object): AuditedWrite => ({
  action: `message.${done}`,
  target: { type: 'message', id },
  before: { ...before },
  after: { ...after },
});

const invalidTime = (message: string): AppError =>
  new AppError('invalid-input', 'The time is invalid.', { errors: [{ path: 'body.sendAt', message }] });
