import assert from 'node:assert/strict';
import { reportOfStored } from '../messages/answers.ts';
import { failureTypeOf } from '../messages/contract.ts';
import { addressOfMessage } from '../gates/recipient.ts';
import { decideClaim, undated, type DispatchOutcome } from '../messages/lifecycle.ts';
import { decideAfterCall, type AfterCall } from '../messages/rules.ts';
import type { Claim, MessageDoc } from '../messages/use-cases.ts';
import { newUuid, randomFraction } from '../../platform/ids.ts';
import type { GatewayAnswer } from '../../whatsapp/gateway.ts';
import type { FreeFormPayload } from '../../whatsapp/free-form.ts';
import { buildMessageBody, type MessageBody } from '../../whatsapp/payload.ts';
import { close, passGates, type Clearance } from './pass-gates.ts';
import { withMediaId } from './file.ts';
import { lookOnce, type Obstacle } from './last-look.ts';
import { addressedTo, recipientMoved } from './recipient.ts';
import { wordedNow } from './words.ts';
import {
  insistentSteps,
  messageMissing,
  record,
  type AttemptEnd,
  type DispatchDeps,
  type Target,
} from './steps.ts';
import { againAfter } from './wait.ts';

export type DispatchAttempt = (target: Target) => Promise<AttemptEnd>;

/**
 * One attempt to hand a message to the provider: judges its gates, reserves its places in the rate limits, addresses it
 * to the contact's current number, takes its claim, judges the gates a last time, and calls at most once. `held` means a
 * wait of minutes, until a gate opens; `again` a wait of seconds, for a rate limit or for the provider.
 */
export const createDispatch = (deps: DispatchDeps): DispatchAttempt => {
  const steps = insistentSteps(deps);
  return (target) => dispatchMessage(steps, target);
};

async function dispatchMessage(deps: DispatchDeps, target: Target): Promise<AttemptEnd> {
  const { messages, clock } = deps;
  const { scope, id } = target;
  const message = await messages.findById(scope, id);
  if (message === null) return messageMissing;
  const decision = decideClaim(message, clock.now());
  // An early message goes on to its gates: the schedule gate holds it, unless an earlier gate is closed for good.
  if (decision !== 'call' && decision !== 'early') return withoutCall(deps, target, { decision, message });

  const clearance = await passGates(deps, target, message);
  if (clearance.kind === 'stopped') return clearance.end;
  try {
    const { address, isNumberSuspect: isToSuspect } = clearance.read;
    const addressed = await addressedTo(deps, target, { message, address });
    if (addressed === null) return recipientMoved;
    const worded = await wordedNow(deps, target, addressed);
    if (worded.kind === 'moved') return recipientMoved;
    if (worded.kind === 'unfit')
      return await close(deps, target, { message, verdict: { status: 'failed', failure: worded.failure } });
    const toBody = bodyOf(worded.message, clearance.mediaId);
    const token = newUuid();
    const claimed = addressOfMessage(addressed);
    const claimant = { token, now: clock.now(), isToSuspect, ...(claimed && { address: claimed }) };
    const claim = await messages.claim(scope, id, claimant);
    if (claim === null) return messageMissing;
    if (claim.decision === 'readdressed') return recipientMoved;
    if (claim.decision === 'call')
      return await callProvider(deps, target, { message: claim.message, clearance, token, toBody });
    if (claim.decision !== 'early') return await withoutCall(deps, target, claim);
  } finally {
    clearance.permit.done();
  }
  // The message was rescheduled to a later time while it waited for a permit.
  return dispatchMessage(deps, target);
}

/** Ends an attempt whose claim was refused, without a call. */
async function withoutCall(deps: DispatchDeps, { scope, id }: Target, claim: Claim): Promise<AttemptEnd> {
  const { dispatch, status, providerMessageId, failure } = claim.message;
  const { attempt } = dispatch;
  if (claim.decision === 'ambiguous') {
    // A worker died between taking the claim and storing the outcome. The call may have been made: never repeat it.
    const outcome: DispatchOutcome = { kind: 'unknown', reason: 'the worker was lost during the call' };
    deps.observer?.outcomeKnown(claim.message, outcome);
    const isRecorded = await record(deps, { scope, id }, { message: claim.message, outcome });
    return { kind: 'dispatched', outcome, attempt, isRecorded };
  }
  if (claim.decision === 'expire') {
    const expired = await deps.messages.withdraw(scope, id, { reason: 'expired', now: deps.clock.now() });
    return { kind: 'settled', status: expired ?? status, attempt };
  }
  // An earlier worker may have ended between storing the outcome and telling the inbox.
  const report = reportOfStored(claim.message);
  if (report !== null) await deps.answers.note(scope, report);
  return {
    kind: 'settled',
    status,
    attempt,
    ...(providerMessageId === undefined ? {} : { providerMessageId }),
    ...(failure === undefined ? {} : { failure: undated(failure) }),
  };
}

interface ClaimedCall {
  readonly message: MessageDoc;
  readonly clearance: Extract<Clearance, { kind: 'open' }>;
  readonly token: string;
  readonly toBody: (attempt: number) => MessageBody;
}

/** The process or the database stalled until the permit was no longer valid. */
const permitLost: Obstacle = { kind: 'obstacle', gate: 'rate', reason: 'permit expired before the call' };

/** Makes the one call that the claim allows, and stores its outcome or releases the claim. */
async function callProvider(deps: DispatchDeps, target: Target, call: ClaimedCall): Promise<AttemptEnd> {
  const { message, clearance, toBody } = call;
  const { attempt } = message.dispatch;
  const look = await lookOnce(deps, target, { message, read: clearance.read });
  if (look.kind === 'obstacle') return putOff(deps, target, { token: call.token, obstacle: look });
  if (!clearance.permit.stillHolds())
    return putOff(deps, target, { token: call.token, obstacle: permitLost });
  deps.observer?.callBegins(message);
  const { beginByMs } = look;
  const answer = await deps.gateway.send(clearance.sender, toBody(attempt), { beginByMs });
  clearance.permit.done();
  const next = decideAfterCall(answer, attempt, randomFraction());
  if (next.kind === 'done') {
    deps.observer?.outcomeKnown(message, next.outcome);
    const isRecorded = await record(deps, target, { message, outcome: next.outcome });
    return { kind: 'dispatched', outcome: next.outcome, attempt, isRecorded };
  }
  if (answer.kind === 'rejected') await applyEffects(deps, target, { message, answer });
  return giveBack(deps, target, { ...call, next });
}

/** Closes the gates that the answer concerns. Must be stored, or the next call gets the same answer. */
async function applyEffects(
  { effects }: DispatchDeps,
  { scope }: Target,
  { message, answer }: { message: MessageDoc; answer: Extract<GatewayAnswer, { kind: 'rejected' }> },
): Promise<void> {
  await effects.afterRefusal(scope, message, answer.error);
}

const putOffMs = 250;

/** Releases the claim without a call. The next attempt judges the message by the facts of the last look. */
async function putOff(
  { messages, clock }: DispatchDeps,
  { scope, id }: Target,
  { token, obstacle: { gate, reason } }: { readonly token: string; readonly obstacle: Obstacle },
): Promise<AttemptEnd> {
  const since = clock.now();
  const until = new Date(since.getTime() + putOffMs);
  await messages.returnClaim(scope, id, { token, waiting: { gate, reason, since, until } });
  return againAfter(gate, reason, putOffMs);
}

/** Releases the claim and lets the message wait. Only after an answer that rules out that the provider has it. */
async function giveBack(
  deps: DispatchDeps,
  { scope, id }: Target,
  { message, token, next }: ClaimedCall & { next: Exclude<AfterCall, { kind: 'done' }> },
): Promise<AttemptEnd> {
  const { attempt, startedAt } = message.dispatch;
  const now = deps.clock.now();
  const gate = next.kind === 'hold' ? next.gate : 'provider';
  const cause = `${next.title}, ${next.code}`;
  const reason = next.kind === 'hold' ? `${next.gate} paused: ${cause}` : cause;
  const until = next.kind === 'hold' ? {} : { until: new Date(now.getTime() + next.delayMs) };
  await deps.messages.returnClaim(scope, id, {
    token,
    attempt: {
      number: attempt,
      startedAt: startedAt ?? now,
      endedAt: now,
      outcome: 'retry',
      code: next.code,
    },
    waiting: { gate, reason, since: now, ...until },
  });
  if (next.kind === 'hold') return { kind: 'held', gate: next.gate, reason, attempt };
  return {
    kind: 'again',
    type: failureTypeOf(next.code),
    message: `${next.title}: next call in ${Math.ceil(next.delayMs / 1_000)} s`,
    delayMs: next.delayMs,
    isWait: false,
  };
}

/** Call before taking the claim: an error after it would leave the outcome unknown. */
function bodyOf(message: MessageDoc, mediaId: string | undefined): (attempt: number) => MessageBody {
  const { _id, to, recipientUserId, content, contextMessageId } = message;
  const { template } = content;
  const payload =
    template === undefined ? sentPayload(content.payload, mediaId) : { type: 'template' as const, template };
  const recipient = to ?? recipientUserId;
  assert(
    payload !== undefined && recipient !== undefined,
    'an outbound message has a content and a recipient',
  );
  const messageId = _id.toHexString();
  const address = to === undefined ? { recipient } : { to };
  return (attempt) => buildMessageBody({ messageId, attempt, address, payload, contextMessageId });
}

/** The payload with the provider's id of its file in place of ours. */
const sentPayload = (payload: FreeFormPayload | undefined, mediaId: string | undefined) =>
  payload === undefined || mediaId === undefined ? payload : withMediaId(payload, mediaId);
