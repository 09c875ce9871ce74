import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  defineSignal,
  log,
  patched,
  setHandler,
  sleep,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  failureCodeAttribute,
  failureTypeOf,
  receiptsSignalName,
  type Receipt,
  type ReceiptsArrived,
  type SendMessageInput,
  type SendMessageResult,
} from '../src/sending/messages/contract.ts';
import {
  datedFailure,
  isSettled,
  latestByTime,
  lostWorkflow,
  nextStatus,
  undated,
  type WithdrawReason,
} from '../src/sending/messages/lifecycle.ts';
import { handToProvider } from './dispatch.ts';
import { persist } from './persist.ts';
import { reasonOf } from './reason.ts';
import type { Progress, Run } from './run.ts';
import { createSchedule } from './schedule.ts';
import { createStory } from './story.ts';

/** The provider's delivery receipts for this message, in any order and with repetitions. */
export const receiptsArrived = defineSignal<[ReceiptsArrived]>(receiptsSignalName);

/** Set only on failed runs, because every change of a search attribute is billed. */
const failureCode = defineSearchAttributeKey(failureCodeAttribute, SearchAttributeType.KEYWORD);

/**
 * Sends one message: waits for its time and gates, hands it to the provider at most once, then applies receipts until
 * it is read, has failed, or the deadline passes. The update `cancelSend`, or canceling the run, cancels the message
 * if it has not left, and otherwise changes nothing. A failed message fails the run with the type `WA_<code>` and sets
 * `FailureCode`, so that operators can list failures by provider code.
 */
export async function sendMessage(input: SendMessageInput): Promise<SendMessageResult> {
  const inbox: Receipt[] = [];
  setHandler(receiptsArrived, ({ receipts }) => void inbox.push(...receipts));
  const run: Run = {
    input,
    inbox,
    ref: { clientId: input.clientId, messageId: input.messageId },
    progress: { status: input.sendAtMs === undefined ? 'queued' : 'scheduled', attempts: 0 },
    story: createStory(),
  };
  const { progress } = run;
  const schedule = createSchedule(input);

  try {
    await schedule.runCancellable(() => handToProvider(run, schedule));
  } catch (error) {
    const reason = schedule.isCancelWanted() ? 'canceled' : reasonOf(error);
    await CancellationScope.nonCancellable(() => settleUndispatched(reason, run));
    // The run ends as canceled or failed only if the message did not leave.
    if (!schedule.isCancelWanted() && reason === 'canceled' && progress.status === 'canceled')
      throw new CancelledFailure('canceled before it left');
    if (reason !== 'canceled' && progress.status === 'failed') throw error;
  } finally {
    schedule.end();
  }
  return CancellationScope.nonCancellable(async () => {
    await followFailure(run);
    await takeReceipts(run);
    await settleUnknown(run);
    // A receipt that arrived during the previous step overrules it, and only this run can apply it.
    if (inbox.length > 0 && patched('receipt-after-expiry')) await applyInbox(run);
    return conclude(progress);
  });
}

async function settleUndispatched(reason: WithdrawReason, { ref, progress, story }: Run): Promise<void> {
  const failure = reason === 'failed' ? { failure: lostWorkflow } : {};
  progress.status = await persist('withdraw', { ...ref, reason, ...failure });
  story.tell(
    progress.status === reason ? `${reason} before it left` : `not ${reason}: it is ${progress.status}`,
  );
}

/** Applies the effects of a permanent failure on the template, the contact and the channel. */
async function followFailure({ ref, progress: { status, failure } }: Run): Promise<void> {
  if (status !== 'failed' || failure === undefined || !patched('follow-failure')) return;
  await persist('followFailure', { ...ref, failure: undated(failure) });
}

async function takeReceipts(run: Run): Promise<void> {
  const { input, inbox, progress, story } = run;
  if (isSettled(progress.status) && inbox.length === 0) return;
  // One timer for the whole wait: `condition` with a time-out would start and cancel one for every receipt.
  let isOver = false;
  const isUnknown = progress.status === 'unknown';
  const waitMs = (isUnknown ? input.unknownDeadlineMs : undefined) ?? input.receiptDeadlineMs;
  const summary =
    isUnknown && input.unknownDeadlineMs !== undefined ? 'outcome deadline' : 'receipt deadline';
  const deadline = sleep(waitMs, { summary }).then(() => {
    isOver = true;
  });
  while (!isSettled(progress.status) || inbox.length > 0) {
    if (inbox.length === 0) await Promise.race([deadline, condition(() => inbox.length > 0)]);
    if (isOver && inbox.length === 0) break;
    await applyInbox(run);
  }
  if (isOver) {
    story.tell(`no further receipt until the deadline: it stays ${progress.status}`);
    log.info('receipt deadline passed', { status: progress.status });
  }
}

async function applyInbox({ inbox, ref, progress, story }: Run): Promise<void> {
  const receipts = inbox.splice(0);
  await persist('applyReceipts', { ...ref, receipts });
  for (const receipt of receipts) {
    applyReceipt(progress, receipt);
    story.tell(`receipt: ${receipt.word}`);
  }
}

/** Expires a message whose outcome stayed unknown until its deadline. A later receipt overrules this. */
async function settleUnknown({ input, ref, progress, story }: Run): Promise<void> {
  if (progress.status !== 'unknown' || input.unknownDeadlineMs === undefined) return;
  progress.status = await persist('expireUnknown', ref);
  story.tell(`outcome unknown at the deadline: ${progress.status}`);
}

function applyReceipt(progress: Progress, receipt: Receipt): void {
  progress.providerMessageId ??= receipt.providerMessageId;
  if (receipt.status === null) return;
  progress.status = nextStatus(progress.status, receipt.status);
  if (receipt.status === 'failed' && receipt.failure !== undefined) {
    progress.failure = latestByTime(
      progress.failure,
      datedFailure(new Date(receipt.timestampMs), receipt.failure),
    );
  }
}

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
