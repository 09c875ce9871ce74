import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from '@temporalio/client';
import protocol from '@temporalio/proto';
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import { deadlineIn } from '../../platform/clock.ts';
import {
  cancelUpdateName,
  gateOpenedSignalName,
  receiptsSignalName,
  rescheduleUpdateName,
  sendMessageType,
  workflowIdOf,
  workflowQueue,
  type Receipt,
  type Reschedule,
  type SendMessageInput,
} from './contract.ts';
import type { MessageDoc } from './store/model.ts';
import { deadlinesOf, priorityOr } from './rules.ts';
import type { RunState } from './actions/timeline.ts';

export interface MessageWorkflowOptions {
  readonly temporal: Client;
  readonly attemptTimeoutMs: number;
  readonly dispatchTtlMs: number;
  readonly receiptDeadlineMs: number;
  /** The message's channel beside the usual one, as the server's limit of the provider's queue counts it. */
  readonly weightOf: (message: Pick<MessageDoc, 'clientId' | 'channelId'>) => Promise<number>;
}

/** The port to the workflows of messages. */
export interface MessageWorkflows {
  /** Starts the message's workflow; repeating it is harmless. `closed`: it ran to its end before. */
  start(message: MessageDoc): Promise<'running' | 'closed'>;
  /** Whether the message's workflow ran to its regular end, and not into a failure or a termination. */
  hasCompleted(messageId: string): Promise<boolean>;
  /** How the run stands; null when Temporal has none of this message, or no more. */
  describe(messageId: string): Promise<RunState | null>;
  /** Hands receipts to the message's workflow; `closed` when none is running. */
  signalReceipts(messageId: string, receipts: readonly Receipt[]): Promise<'signaled' | 'closed'>;
  /** Lets a message that is held back look at its gates again; nothing happens when it waits no more. */
  signalGateOpened(messageId: string): Promise<void>;
  /**
   * Lets the workflow of a message that was canceled end, and resolves when a worker has taken it. Without a worker
   * that answers, it is asked to end as by `requestCancel`.
   */
  cancel(messageId: string): Promise<void>;
  /** The same for many messages at once: the server takes the wish, and nobody waits for a worker. */
  requestCancel(messageId: string): Promise<void>;
  /** Tells a message that waits for its time the new time. */
  reschedule(messageId: string, sendAt: Date): Promise<void>;
}

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);
const searchKeys = {
  clientId: keyword('ClientId'),
  channelId: keyword('ChannelId'),
  conversationId: keyword('ConversationId'),
  templateName: keyword('TemplateName'),
  kind: keyword('Kind'),
};

/** A call that Temporal does not answer in this time is given up; the sweep starts the workflow later. */
const startDeadlineMs = 3_000;
const signalDeadlineMs = 10_000;
/** Somebody waits for the answer, and what they wanted is stored already. */
const updateDeadlineMs = 2_000;

export function createMessageWorkflows(options: MessageWorkflowOptions): MessageWorkflows {
  const { temporal } = options;

  return {
    ...createRunViews(temporal),
    ...createCommands(temporal),

    async start(message) {
      const workflowId = workflowIdOf(message._id.toHexString());
      const fairnessWeight = await options.weightOf(message);
      try {
        await temporal.withDeadline(deadlineIn(startDeadlineMs), () =>
          temporal.workflow.start(sendMessageType, {
            workflowId,
            taskQueue: workflowQueue,
            args: [inputOf(message, options)],
            workflowIdReusePolicy: 'REJECT_DUPLICATE',
            workflowIdConflictPolicy: 'USE_EXISTING',
            typedSearchAttributes: searchAttributesOf(message),
            staticSummary: summaryOf(message),
            priority: {
              priorityKey: priorityOr(message.priority),
              fairnessKey: message.channelId.toHexString(),
              fairnessWeight,
            },
          }),
        );
        return 'running';
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return 'closed';
        throw error;
      }
    },

    async signalReceipts(messageId, receipts) {
      try {
        await temporal.withDeadline(deadlineIn(signalDeadlineMs), () =>
          // Never signalWithStart: it would begin the message anew.
          temporal.workflow.getHandle(workflowIdOf(messageId)).signal(receiptsSignalName, { receipts }),
        );
        return 'signaled';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'closed';
        throw error;
      }
    },

    async signalGateOpened(messageId) {
      await ignoreNotFound(
        temporal.withDeadline(deadlineIn(signalDeadlineMs), () =>
          temporal.workflow.getHandle(workflowIdOf(messageId)).signal(gateOpenedSignalName),
        ),
      );
    },
  };
}

/** What people decide about a message that has not left, call to its run. */
function createCommands(temporal: Client): Pick<MessageWorkflows, 'cancel' | 'requestCancel' | 'reschedule'> {
  /** An update of a running workflow. A worker has to answer it, so it has a deadline of its own. */
  const sendUpdate = (messageId: string, update: (run: WorkflowHandle) => Promise<unknown>): Promise<void> =>
    ignoreNotFound(
      temporal.withDeadline(deadlineIn(updateDeadlineMs), async () => {
        await update(temporal.workflow.getHandle(workflowIdOf(messageId)));
      }),
    );

  const requestCancel = (messageId: string): Promise<void> =>
    ignoreNotFound(
      temporal.withDeadline(deadlineIn(startDeadlineMs), async () => {
        await temporal.workflow.getHandle(workflowIdOf(messageId)).cancel();
      }),
    );

  return {
    async cancel(messageId) {
      await sendUpdate(messageId, (run) => run.executeUpdate(cancelUpdateName)).catch(() =>
        requestCancel(messageId),
      );
    },

    requestCancel,

    reschedule(messageId, sendAt) {
      const to: Reschedule = { sendAtMs: sendAt.getTime() };
      return sendUpdate(messageId, (run) => run.executeUpdate(rescheduleUpdateName, { args: [to] }));
    },
  };
}

/** How runs stand, for those who look. */
const createRunViews = (temporal: Client): Pick<MessageWorkflows, 'describe' | 'hasCompleted'> => ({
  async hasCompleted(messageId) {
    const handle = temporal.workflow.getHandle(workflowIdOf(messageId));
    const { status } = await temporal.withDeadline(deadlineIn(startDeadlineMs), () => handle.describe());
    return status.name === 'COMPLETED';
  },

  async describe(messageId) {
    const handle = temporal.workflow.getHandle(workflowIdOf(messageId));
    try {
      const run = await temporal.withDeadline(deadlineIn(startDeadlineMs), () => handle.describe());
      return { status: run.status.name, pending: pendingOf(run) };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    }
  },
});

/** The dispatch as the server sees it: under way, or waiting for its next try. */
function pendingOf({ raw }: WorkflowExecutionDescription): RunState['pending'] {
  const [activity] = raw.pendingActivities ?? [];
  if (activity === undefined) return null;
  const started = protocol.temporal.api.enums.v1.PendingActivityState.PENDING_ACTIVITY_STATE_STARTED;
  const next = activity.nextAttemptScheduleTime ?? activity.scheduledTime;
  const isRunning = activity.state === started;
  return {
    attempt: activity.attempt ?? 1,
    isRunning,
    nextAttemptAt: isRunning || !next?.seconds ? null : new Date(Number(next.seconds) * 1_000),
    lastFailure: activity.lastFailure?.message ?? null,
  };
}

/** A run that has ended needs to be call nothing. */
async function ignoreNotFound(call: Promise<void>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

function inputOf(message: MessageDoc, options: MessageWorkflowOptions): SendMessageInput {
  const { attemptTimeoutMs, receiptDeadlineMs } = options;
  return {
    v: 1,
    clientId: message.clientId.toHexString(),
    channelId: message.channelId.toHexString(),
    messageId: message._id.toHexString(),
    ...(message.sendAt === undefined ? {} : { sendAtMs: message.sendAt.getTime() }),
    ...(message.expiresAt === undefined ? {} : { expiresAtMs: message.expiresAt.getTime() }),
    attemptTimeoutMs,
    ...deadlinesOf(message.category, options.dispatchTtlMs),
    receiptDeadlineMs,
  };
}

/** Set once at the start, where they cost nothing. Never a phone or a name: they are not encrypted. */
const searchAttributesOf = (message: MessageDoc): TypedSearchAttributes =>
  new TypedSearchAttributes([
    { key: searchKeys.clientId, value: message.clientId.toHexString() },
    { key: searchKeys.channelId, value: message.channelId.toHexString() },
    { key: searchKeys.conversationId, value: message.conversationId.toHexString() },
    { key: searchKeys.templateName, value: message.templateName ?? message.messageType },
    { key: searchKeys.kind, value: message.messageType },
  ]);

/** What the list of workflows shows: the template or kind, and the last characters of whom it is for. */
const summaryOf = ({ templateName, messageType, to, recipientUserId }: MessageDoc): string =>
  `${templateName ?? messageType} · ····${(to ?? recipientUserId ?? '').slice(-4)}`;
