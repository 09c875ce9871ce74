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
import { deadlinesOf, priorityOrDefault } from './rules.ts';
import type { RunState } from './actions/timeline.ts';

export interface MessageWorkflowOptions {
  readonly temporal: Client;
  readonly attemptTimeoutMs: number;
  readonly dispatchTtlMs: number;
  readonly receiptDeadlineMs: number;
  /** The weight of the message's channel in the server's rate limit of the provider queue. */
  readonly weightOf: (message: Pick<MessageDoc, 'clientId' | 'channelId'>) => Promise<number>;
}

/** The port to the workflows of messages. */
export interface MessageWorkflows {
  /** Starts the message's workflow; idempotent. `closed`: the workflow has already ended. */
  start(message: MessageDoc): Promise<'running' | 'closed'>;
  /** Whether the message's workflow completed, as opposed to failed or terminated. */
  hasCompleted(messageId: string): Promise<boolean>;
  /** The state of the run; null if Temporal has none for this message, or no longer. */
  describe(messageId: string): Promise<RunState | null>;
  /** Signals receipts to the message's workflow; `closed` if none is running. */
  signalReceipts(messageId: string, receipts: readonly Receipt[]): Promise<'signaled' | 'closed'>;
  /** Makes a held message judge its gates again; no effect if it does not wait. */
  signalGateOpened(messageId: string): Promise<void>;
  /**
   * Ends the workflow of a canceled message; resolves once a worker has handled it. If no worker answers, falls back to
   * `requestCancel`.
   */
  cancel(messageId: string): Promise<void>;
  /** The same without waiting for a worker; for many messages at once. */
  requestCancel(messageId: string): Promise<void>;
  /** Sends a scheduled message's new time to its workflow. */
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

/** After this long without an answer from Temporal the start is left to the sweep. */
const startDeadlineMs = 3_000;
const signalDeadlineMs = 10_000;
/** Short, because a caller waits and the change is already stored. */
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
              priorityKey: priorityOrDefault(message.priority),
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
          // Never signalWithStart: it would start the message a second time.
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

/** Sends the decisions of users about an unsent message to its run. */
function createCommands(temporal: Client): Pick<MessageWorkflows, 'cancel' | 'requestCancel' | 'reschedule'> {
  /** Sends an update to a running workflow. It needs an answer from a worker, hence the deadline. */
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

/** Reads the state of runs. */
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

/** The pending dispatch activity: running, or waiting for its next attempt. */
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

/** A closed workflow needs no command. */
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

/** Set at the start only, where they are free. Not encrypted: never a phone number or a name. */
const searchAttributesOf = (message: MessageDoc): TypedSearchAttributes =>
  new TypedSearchAttributes([
    { key: searchKeys.clientId, value: message.clientId.toHexString() },
    { key: searchKeys.channelId, value: message.channelId.toHexString() },
    { key: searchKeys.conversationId, value: message.conversationId.toHexString() },
    { key: searchKeys.templateName, value: message.templateName ?? message.messageType },
    { key: searchKeys.kind, value: message.messageType },
  ]);

/** The summary in the list of workflows: template or kind, and the last characters of the recipient. */
const summaryOf = ({ templateName, messageType, to, recipientUserId }: MessageDoc): string =>
  `${templateName ?? messageType} · ····${(to ?? recipientUserId ?? '').slice(-4)}`;
