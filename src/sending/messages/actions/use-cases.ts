import type { Types } from 'mongoose';
import type { AuditActor, AuditedWrite, AuditService } from '../../../audit/service.ts';
import type { Clock } from '../../../platform/clock.ts';
import { AppError, notFound } from '../../../platform/errors.ts';
import type { Logger } from '../../../platform/logger.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
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
  /** Null when Temporal cannot be asked, or has forgotten the run. */
  readonly run: RunState | null;
  readonly entries: readonly TimelineEntry[];
}

export type MessageActions = ReturnType<typeof createMessageActions>;

/** What people see of a message's life, and what they may still change of it. */
export function createMessageActions(deps: MessageActionDeps) {
  const { messages, workflows, clock, logger } = deps;
  const changes = createAuditedChanges(deps);

  const findOutbound = async (scope: ClientScope, id: Types.ObjectId): Promise<MessageDoc> => {
    const message = await messages.findById(scope, id);
    if (message === null || message.direction === 'inbound') throw notFound('message');
    return message;
  };

  return {
    /** Cancels a message that has not left. The database decides; the workflow is only told. */
    async cancel(scope: ClientScope, by: AuditActor, id: Types.ObjectId): Promise<MessageDoc> {
      const isCanceled = await changes.cancel(scope, by, id);
      const message = await findOutbound(scope, id);
      // Canceling twice is the same wish: the second time answers like the first.
      if (message.status !== 'canceled')
        throw new AppError('already-left', `The message is ${message.status}.`);
      if (!isCanceled) return message;
      await workflows.cancel(id.toHexString()).catch((error: unknown) => {
        // The claim finds the message canceled anyway; only the workflow ends later.
        logger.warn({ messageId: id.toHexString(), error }, 'canceled without telling the workflow');
      });
      return message;
    },

    /**
     * Moves a message that waits for its time. The database decides; the workflow is only told. One that was not
     * told of a later time finds it when it asks for its claim, and the sweep wakes one that has missed an earlier.
     */
    async reschedule(
      scope: ClientScope,
      by: AuditActor,
      id: Types.ObjectId,
      sendAt: Date,
    ): Promise<MessageDoc> {
      const now = clock.now();
      if (sendAt <= now) throw invalidTime('Must be in the future; to send now, cancel it and send anew.');
      const moved = await changes.move(scope, by, id, { sendAt, now });
      if (moved === null) {
        const { status, expiresAt } = await findOutbound(scope, id);
        if (status !== 'scheduled') {
          throw new AppError('wrong-state', `The message is ${status}; only a scheduled one has a time.`);
        }
        throw invalidTime(`Must be before expiresAt, ${expiresAt?.toISOString() ?? ''}.`);
      }
      await workflows.reschedule(id.toHexString(), sendAt).catch((error: unknown) => {
        logger.warn({ messageId: id.toHexString(), error }, 'rescheduled without telling the workflow');
      });
      return moved;
    },

    /** The whole life: from what is stored, and from the run while Temporal answers. */
    async timeline(scope: ClientScope, id: Types.ObjectId): Promise<MessageTimeline> {
      const message = await findOutbound(scope, id);
      const run = await workflows.describe(id.toHexString()).catch((error: unknown) => {
        logger.warn({ messageId: id.toHexString(), error }, 'the timeline lacks what Temporal knows');
        return null;
      });
      return { message, run, waitingFor: waitingForOf(message, run), entries: timelineOf(message) };
    },
  };
}

/** Changes of a stored message by people, each in one transaction with its event. */
const createAuditedChanges = ({ messages, audit, clock }: MessageActionDeps) => ({
  /** Cancels it where that is certain, with its event; false where it is not. */
  cancel: (scope: ClientScope, by: AuditActor, id: Types.ObjectId): Promise<boolean> =>
    audit.audited(scope, by, async (session) => {
      const before = await messages.findById(scope, id, session);
      const isCanceled = await messages.cancel(scope, id, clock.now(), session);
      if (before === null || !isCanceled) return { result: false, write: null };
      const [was, is] = [{ status: before.status }, { status: 'canceled' }];
      return { result: true, write: messageWrite('canceled', id, was, is) };
    }),

  /** Gives it another time, with its event; null where it does not wait for its time any more. */
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
  new AppError('invalid-input', 'The time cannot be used.', { errors: [{ path: 'body.sendAt', message }] });
