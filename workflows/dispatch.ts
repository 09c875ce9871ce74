import {
  ActivityCancellationType,
  ApplicationFailure,
  CancellationScope,
  patched,
  proxyActivities,
} from '@temporalio/workflow';
import {
  dispatchSilenceMs,
  providerQueue,
  type DispatchResult,
  type MessageActivities,
} from '../src/sending/messages/contract.ts';
import { datedFailure, statusOfOutcome, type MessageFailure } from '../src/sending/messages/lifecycle.ts';
import { persist } from './persist.ts';
import { outOfTimeType } from './reason.ts';
import type { Schedule } from './schedule.ts';
import type { Progress, Run } from './run.ts';

/** A gate that nobody reports open is looked at again after this long. */
const maxHoldMs = 3_600_000;
const minHoldMs = 1_000;

type Held = Extract<DispatchResult, { kind: 'held' }>;

/** Waits for the message's time and for its gates, and returns when it was handed over or is settled. */
export async function bringToProvider(run: Run, schedule: Schedule): Promise<void> {
  for (;;) {
    await waitForItsTime(run, schedule);
    const result = await passGates(run, schedule);
    if (result !== 'moved') return takeResult(run, result);
  }
}

/** Dispatches until no gate holds it. A message that is moved meanwhile waits for its new time, and has all of it. */
async function passGates(run: Run, schedule: Schedule): Promise<Exclude<DispatchResult, Held> | 'moved'> {
  const sendAtMs = schedule.sendAtMs();
  const { dispatchTtlMs, expiresAtMs = Number.POSITIVE_INFINITY } = run.input;
  const deadlineMs = Math.min(Date.now() + dispatchTtlMs, expiresAtMs);
  const isMoved = () => schedule.sendAtMs() !== sendAtMs;
  for (;;) {
    const seen = schedule.wakes();
    const result = await dispatchOnce(run, deadlineMs);
    if (result.kind !== 'held') return result;
    run.progress.attempts = result.attempt;
    run.story.tell(`held: ${result.reason}`);
    // What was told during the dispatch is newer than what the dispatch has read.
    const isWoken = schedule.wakes() > seen && (isMoved() || patched('told-in-dispatch'));
    if (!isWoken) await hold(result, { schedule, deadlineMs });
    if (isMoved()) return 'moved';
    if (Date.now() >= deadlineMs) {
      throw ApplicationFailure.nonRetryable(
        `Its time was over while it was held: ${result.reason}`,
        outOfTimeType,
      );
    }
  }
}

async function hold(
  { gate, untilMs }: Held,
  { schedule, deadlineMs }: { readonly schedule: Schedule; readonly deadlineMs: number },
): Promise<void> {
  // It was moved while nobody could tell the run.
  if (gate === 'schedule' && untilMs !== undefined && untilMs > Date.now()) return schedule.moveTo(untilMs);
  let lookMs = untilMs ?? Date.now() + maxHoldMs;
  // By the clock of a worker that is behind the server's: without a pause it would run in circles until it is right.
  if (lookMs <= Date.now() && patched('shortest-hold')) lookMs = Date.now() + minHoldMs;
  await schedule.sleepUntil(Math.min(lookMs, deadlineMs), `held: ${gate}`);
}

async function waitForItsTime({ story }: Run, schedule: Schedule): Promise<void> {
  while (schedule.sendAtMs() > Date.now()) {
    const atMs = schedule.sendAtMs();
    story.tell(`scheduled for ${new Date(atMs).toISOString()}`);
    await schedule.sleepUntil(atMs, 'scheduled time');
  }
}

function dispatchOnce({ input, ref, story }: Run, deadlineMs: number): Promise<DispatchResult> {
  const provider = proxyActivities<Pick<MessageActivities, 'dispatch'>>({
    taskQueue: providerQueue,
    startToCloseTimeout: input.attemptTimeoutMs,
    heartbeatTimeout: dispatchSilenceMs,
    scheduleToCloseTimeout: Math.max(1_000, deadlineMs - Date.now()),
    // The delay of each retry comes with the failure; this ladder serves only where it does not.
    retry: { initialInterval: '2s', backoffCoefficient: 2, maximumInterval: '5m' },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary: 'dispatch → WhatsApp',
  });
  story.tell('waiting for its place in the provider queue');
  return provider.dispatch({ ...ref, channelId: input.channelId });
}

async function takeResult(
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
    await CancellationScope.nonCancellable(() => persist('recordOutcome', { ...ref, outcome, attempt }));
  }
  progress.status = statusOfOutcome[outcome.kind];
  if (outcome.kind === 'accepted') progress.providerMessageId = outcome.providerMessageId;
  if (outcome.kind === 'rejected') progress.failure = failureNow(outcome.failure);
  story.tell(
    `attempt ${attempt}: ${describe(progress)}${outcome.kind === 'unknown' ? ` (${outcome.reason})` : ''}`,
  );
}

const failureNow = (failure: MessageFailure) => datedFailure(new Date(Date.now()), failure);

const describe = ({ status, failure }: Progress): string =>
  failure === undefined ? status : `${status}, ${failure.code} ${failure.title}`;
