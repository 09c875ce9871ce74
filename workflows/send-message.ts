import {
  ActivityFailure,
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
import { describeProgress, type Progress, type Run } from './run.ts';
import { createSchedule } from './schedule.ts';
import { createStory } from './story.ts';

/** The provider's delivery receipts for this message, in any order and with repetitions. */
export const receiptsArrived = defineSignal<[ReceiptsArrived]>(receiptsSignalName);

/** Set only on runs whose message did not get through, because every change of a search attribute is billed. */
const failureCode = defineSearchAttributeKey(failureCodeAttribute, SearchAttributeType.KEYWORD);

/**
 * Sends one message: waits for its time and gates, hands it to the provider at most once, then applies receipts until
 * it is read, has failed, or the deadline passes. The update `cancelSend`, or canceling the run, cancels the message
 * if it has not left, and otherwise changes nothing. A failed message fails the run with the type `WA_<code>` and sets
 * `FailureCode`, so that operators can list failures by provider code. A message that expired or was canceled sets it too.
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
    await CancellationScope.nonCancellable(() => settleUndispatched(reason, run, error));
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
    return conclude(run);
  });
}

async function settleUndispatched(
  reason: WithdrawReason,
  { ref, progress, story }: Run,
  error: unknown,
): Promise<void> {
  const failure = reason === 'failed' ? { failure: lostWorkflow } : {};
  progress.status = await persist('withdraw', { ...ref, reason, ...failure }, `not sent: ${reason}`);
  if (progress.status !== reason) return story.tell(`not ${reason}: it is ${progress.status}`);
  const why = reason === 'failed' ? `, ${lostWorkflow.code} ${messageOf(error)}` : '';
  story.tell(`${reason} before it left${why}`);
}

/** Of an activity, the failure that ended it. */
function messageOf(error: unknown): string {
  const cause = error instanceof ActivityFailure ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** Applies the effects of a permanent failure on the template, the contact and the channel. */
async function followFailure({ ref, progress: { status, failure } }: Run): Promise<void> {
  if (status !== 'failed' || failure === undefined || !patched('follow-failure')) return;
  const summary = `effects of ${failure.code} ${failure.title}`;
  await persist('followFailure', { ...ref, failure: undated(failure) }, summary);
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
  await persist(
    'applyReceipts',
    { ...ref, receipts },
    `receipts: ${receipts.map(describeReceipt).join(', ')}`,
  );
  for (const receipt of receipts) {
    applyReceipt(progress, receipt);
    story.tell(`receipt: ${describeReceipt(receipt)}`);
  }
}

const describeReceipt = ({ word, failure }: Receipt): string =>
  failure === undefined ? word : `${word} ${failure.code}`;

/** Expires a message whose outcome stayed unknown until its deadline. A later receipt overrules this. */
async function settleUnknown({ input, ref, progress, story }: Run): Promise<void> {
  if (progress.status !== 'unknown' || input.unknownDeadlineMs === undefined) return;
  progress.status = await persist('expireUnknown', ref, 'outcome still unknown at the deadline');
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

function conclude({ progress, story }: Run): SendMessageResult {
  const { status, attempts, providerMessageId, failure } = progress;
  const detail = status === 'failed' && failure !== undefined ? ` (${failure.detail})` : '';
  story.tell(`ended: ${describeProgress(progress)}${detail}`);
  if (status === 'failed') {
    const code = failure?.code ?? 'failed';
    upsertSearchAttributes([{ key: failureCode, value: code }]);
    const explained =
      failure === undefined ? 'failed' : `${failure.title} (${failure.detail}). ${failure.advice}`;
    throw ApplicationFailure.nonRetryable(explained, failureTypeOf(code));
  }
  // The run itself is Completed: only this tells its end in a list of runs.
  if ((status === 'expired' || status === 'canceled') && patched('ending-in-list'))
    upsertSearchAttributes([{ key: failureCode, value: failure?.code ?? status }]);
  return { status, attempts, ...(providerMessageId === undefined ? {} : { providerMessageId }) };
}
