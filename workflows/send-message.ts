import {
  ActivityCancellationType,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  defineSignal,
  log,
  proxyActivities,
  setHandler,
  sleep,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  failureCodeAttribute,
  failureTypeOf,
  providerQueue,
  receiptsSignalName,
  type MessageActivities,
  type MessageRef,
  type Receipt,
  type ReceiptsArrived,
  type SendMessageInput,
  type SendMessageResult,
} from '../src/messages/contract.ts';
import {
  isSettled,
  lostWorkflow,
  nextStatus,
  statusOfOutcome,
  type MessageFailure,
  type MessageStatus,
  type WithdrawReason,
} from '../src/messages/lifecycle.ts';
import { persist } from './persist.ts';
import { reasonOf } from './reason.ts';
import { createStory, type Story } from './story.ts';

/** The provider's delivery receipts for this message; sent by plain signal, in any order and any repetition. */
export const receiptsArrived = defineSignal<[ReceiptsArrived]>(receiptsSignalName);

/** Set only on a run that fails: every change of a search attribute is paid for. */
const failureCode = defineSearchAttributeKey(failureCodeAttribute, SearchAttributeType.KEYWORD);

/** What the run knows of its message; the database holds the same, by the same pure rules. */
interface Progress {
  status: MessageStatus;
  attempts: number;
  providerMessageId?: string;
  failure?: MessageFailure;
}

/**
 * The life of one outbound message: waits for its time, hands it to the provider at most once for certain, then
 * takes receipts until it is read, has failed, or the deadline passes. Canceling the run cancels the message, as
 * long as it has not left; afterwards a cancellation changes nothing. A failed message fails the run with the type
 * `WA_<code>` and sets `FailureCode`, so that operators can list failures by provider code.
 */
export async function sendMessage(input: SendMessageInput): Promise<SendMessageResult> {
  const inbox: Receipt[] = [];
  setHandler(receiptsArrived, ({ receipts }) => void inbox.push(...receipts));
  const story = createStory();
  const ref: MessageRef = { clientId: input.clientId, messageId: input.messageId };
  const progress: Progress = { status: input.sendAtMs === undefined ? 'queued' : 'scheduled', attempts: 0 };

  try {
    await waitForItsTime(input, story);
    await dispatch(input, ref, progress, story);
  } catch (error) {
    const reason = reasonOf(error);
    await CancellationScope.nonCancellable(() => settleUndispatched(reason, ref, progress, story));
    // Only a message that did not leave makes the cancellation, or the failure, true.
    if (reason === 'canceled' && progress.status === 'canceled')
      throw new CancelledFailure('canceled before it left');
    if (reason !== 'canceled' && progress.status === 'failed') throw error;
  }
  return CancellationScope.nonCancellable(async () => {
    await takeReceipts(input, { inbox, ref, progress, story });
    return conclude(progress);
  });
}

async function waitForItsTime({ sendAtMs }: SendMessageInput, story: Story): Promise<void> {
  const waitMs = (sendAtMs ?? 0) - Date.now();
  if (waitMs <= 0) return;
  story.tell(`scheduled for ${new Date(Date.now() + waitMs).toISOString()}`);
  await sleep(waitMs, { summary: 'scheduled time' });
}

async function dispatch(
  input: SendMessageInput,
  ref: MessageRef,
  progress: Progress,
  story: Story,
): Promise<void> {
  const untilExpiryMs = (input.expiresAtMs ?? Number.POSITIVE_INFINITY) - Date.now();
  const provider = proxyActivities<Pick<MessageActivities, 'dispatch'>>({
    taskQueue: providerQueue,
    startToCloseTimeout: input.attemptTimeoutMs,
    scheduleToCloseTimeout: Math.max(1_000, Math.min(input.dispatchTtlMs, untilExpiryMs)),
    // The delay of each retry comes with the failure; this ladder serves only where it does not.
    retry: { initialInterval: '2s', backoffCoefficient: 2, maximumInterval: '5m' },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary: 'dispatch → WhatsApp',
  });
  story.tell('waiting for its place in the provider queue');
  const result = await provider.dispatch({ ...ref, channelId: input.channelId });
  progress.attempts = result.attempt;
  if (result.kind === 'settled') {
    progress.status = result.status;
    if (result.providerMessageId !== undefined) progress.providerMessageId = result.providerMessageId;
    if (result.failure !== undefined) progress.failure = result.failure;
    story.tell(`found already ${result.status}`);
    return;
  }
  const { outcome, attempt } = result;
  if (!result.isRecorded) {
    await CancellationScope.nonCancellable(() => persist('recordOutcome', { ...ref, outcome, attempt }));
  }
  progress.status = statusOfOutcome[outcome.kind];
  if (outcome.kind === 'accepted') progress.providerMessageId = outcome.providerMessageId;
  if (outcome.kind === 'rejected') progress.failure = outcome.failure;
  story.tell(
    `attempt ${attempt}: ${describe(progress)}${outcome.kind === 'unknown' ? ` (${outcome.reason})` : ''}`,
  );
}

async function settleUndispatched(
  reason: WithdrawReason,
  ref: MessageRef,
  progress: Progress,
  story: Story,
): Promise<void> {
  const failure = reason === 'failed' ? { failure: lostWorkflow } : {};
  progress.status = await persist('withdraw', { ...ref, reason, ...failure });
  story.tell(
    progress.status === reason ? `${reason} before it left` : `not ${reason}: it is ${progress.status}`,
  );
}

interface ReceiptContext {
  readonly inbox: Receipt[];
  readonly ref: MessageRef;
  readonly progress: Progress;
  readonly story: Story;
}

async function takeReceipts(input: SendMessageInput, context: ReceiptContext): Promise<void> {
  const { inbox, ref, progress, story } = context;
  if (isSettled(progress.status) && inbox.length === 0) return;
  // One timer for the whole wait: `condition` with a time-out would make and cancel one for every receipt.
  let isOver = false;
  const deadline = sleep(input.receiptDeadlineMs, { summary: 'receipt deadline' }).then(() => {
    isOver = true;
  });
  while (!isSettled(progress.status) || inbox.length > 0) {
    if (inbox.length === 0) await Promise.race([deadline, condition(() => inbox.length > 0)]);
    if (isOver && inbox.length === 0) break;
    const receipts = inbox.splice(0);
    await persist('applyReceipts', { ...ref, receipts });
    for (const receipt of receipts) {
      learn(progress, receipt);
      story.tell(`receipt: ${receipt.word}`);
    }
  }
  if (isOver) {
    story.tell(`no further receipt until the deadline: it stays ${progress.status}`);
    log.info('receipt deadline passed', { status: progress.status });
  }
}

function learn(progress: Progress, receipt: Receipt): void {
  progress.providerMessageId ??= receipt.providerMessageId;
  if (receipt.status === null) return;
  progress.status = nextStatus(progress.status, receipt.status);
  if (progress.status === 'failed' && receipt.failure !== undefined) progress.failure = receipt.failure;
}

const describe = ({ status, failure }: Progress): string =>
  failure === undefined ? status : `${status}, ${failure.code} ${failure.title}`;

function conclude(progress: Progress): SendMessageResult {
  const { status, attempts, providerMessageId, failure } = progress;
  if (status === 'failed') {
    const code = failure?.code ?? 'failed';
    upsertSearchAttributes([{ key: failureCode, value: code }]);
    const explained =
      failure === undefined ? 'failed' : `${failure.title} (${failure.detail}). ${failure.advice}`;
    throw ApplicationFailure.nonRetryable(explained, failureTypeOf(code));
  }
  return { status, attempts, ...(providerMessageId === undefined ? {} : { providerMessageId }) };
}
