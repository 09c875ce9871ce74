import {
  ActivityCancellationType,
  ApplicationFailure,
  CancellationScope,
  patched,
  proxyActivities,
} from '@temporalio/workflow';
import {
  heartbeatTimeoutMs,
  providerQueue,
  type DispatchResult,
  type MessageActivities,
} from '../src/sending/messages/contract.ts';
import { datedFailure, statusOfOutcome, type MessageFailure } from '../src/sending/messages/lifecycle.ts';
import { persist } from './persist.ts';
import { outOfTimeType } from './reason.ts';
import type { Schedule } from './schedule.ts';
import { describeProgress, type Run } from './run.ts';

/** A held message judges its gate again after this long, even without a signal. */
const maxHoldMs = 3_600_000;
const minHoldMs = 1_000;

type Held = Extract<DispatchResult, { kind: 'held' }>;

/** Waits for the message's time and gates; returns once the message is handed over or settled. */
export async function handToProvider(run: Run, schedule: Schedule): Promise<void> {
  for (;;) {
    await waitUntilDue(run, schedule);
    const result = await dispatchUntilOpen(run, schedule);
    if (result !== 'moved') return applyResult(run, result);
  }
}

/** Dispatches until no gate holds the message. A rescheduled message starts over, with its full time to live. */
async function dispatchUntilOpen(
  run: Run,
  schedule: Schedule,
): Promise<Exclude<DispatchResult, Held> | 'moved'> {
  const sendAtMs = schedule.sendAtMs();
  const { dispatchTtlMs, expiresAtMs = Number.POSITIVE_INFINITY } = run.input;
  const deadlineMs = Math.min(Date.now() + dispatchTtlMs, expiresAtMs);
  const isMoved = () => schedule.sendAtMs() !== sendAtMs;
  let summary = 'check the gates, call WhatsApp if they are open';
  for (;;) {
    const seen = schedule.wakes();
    const result = await dispatchOnce(run, { deadlineMs, summary });
    if (result.kind !== 'held') return result;
    run.progress.attempts = result.attempt;
    run.story.tell(`held: ${result.reason}`);
    summary = `held by ${result.gate}: check the gates again, call WhatsApp if they are open`;
    // A signal during the dispatch is newer than the facts that the dispatch read.
    const isWoken = schedule.wakes() > seen && (isMoved() || patched('told-in-dispatch'));
    if (!isWoken) await sleepBehindGate(result, { schedule, deadlineMs });
    if (isMoved()) return 'moved';
    if (Date.now() >= deadlineMs) {
      throw ApplicationFailure.nonRetryable(`Expired while held: ${result.reason}`, outOfTimeType);
    }
  }
}

async function sleepBehindGate(
  { gate, untilMs }: Held,
  { schedule, deadlineMs }: { readonly schedule: Schedule; readonly deadlineMs: number },
): Promise<void> {
  // The message was rescheduled, but the update never reached this run.
  if (gate === 'schedule' && untilMs !== undefined && untilMs > Date.now()) return schedule.moveTo(untilMs);
  let recheckAtMs = untilMs ?? Date.now() + maxHoldMs;
  // A time by a worker clock that lags the server's: without a pause the run would spin until the worker catches up.
  if (recheckAtMs <= Date.now() && patched('shortest-hold')) recheckAtMs = Date.now() + minHoldMs;
  await schedule.sleepUntil(Math.min(recheckAtMs, deadlineMs), `held: ${gate}`);
}

async function waitUntilDue({ story }: Run, schedule: Schedule): Promise<void> {
  while (schedule.sendAtMs() > Date.now()) {
    const atMs = schedule.sendAtMs();
    story.tell(`scheduled for ${new Date(atMs).toISOString()}`);
    await schedule.sleepUntil(atMs, 'scheduled time');
  }
}

interface DispatchPlan {
  readonly deadlineMs: number;
  /** Says only what is certain beforehand: the result says whether WhatsApp was called. */
  readonly summary: string;
}

function dispatchOnce(
  { input, ref, story }: Run,
  { deadlineMs, summary }: DispatchPlan,
): Promise<DispatchResult> {
  const provider = proxyActivities<Pick<MessageActivities, 'dispatch'>>({
    taskQueue: providerQueue,
    startToCloseTimeout: input.attemptTimeoutMs,
    heartbeatTimeout: heartbeatTimeoutMs,
    scheduleToCloseTimeout: Math.max(1_000, deadlineMs - Date.now()),
    // Failures carry the delay of their retry; this policy applies only to those that do not.
    retry: { initialInterval: '2s', backoffCoefficient: 2, maximumInterval: '5m' },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary,
  });
  story.tell('waiting for its place in the provider queue');
  return provider.dispatch({ ...ref, channelId: input.channelId });
}

async function applyResult(
  { ref, progress, story }: Run,
  result: Exclude<DispatchResult, Held>,
): Promise<void> {
  progress.attempts = result.attempt;
  if (result.kind === 'settled') {
    progress.status = result.status;
    if (result.providerMessageId !== undefined) progress.providerMessageId = result.providerMessageId;
    if (result.failure !== undefined) progress.failure = failureNow(result.failure);
    story.tell(`found already ${result.status}`);
    return;
  }
  const { outcome, attempt } = result;
  if (!result.isRecorded) {
    await CancellationScope.nonCancellable(() =>
      persist('recordOutcome', { ...ref, outcome, attempt }, `outcome of call ${attempt}: ${outcome.kind}`),
    );
  }
  progress.status = statusOfOutcome[outcome.kind];
  if (outcome.kind === 'accepted') progress.providerMessageId = outcome.providerMessageId;
  if (outcome.kind === 'rejected') progress.failure = failureNow(outcome.failure);
  story.tell(
    `attempt ${attempt}: ${describeProgress(progress)}${outcome.kind === 'unknown' ? ` (${outcome.reason})` : ''}`,
  );
}

const failureNow = (failure: MessageFailure) => datedFailure(new Date(Date.now()), failure);
