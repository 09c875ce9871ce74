import assert from 'node:assert/strict';
import type { Types } from 'mongoose';
import type { ChannelDoc } from '../../channels/directory.ts';
import { isMissing, type MissingFact, type ReadFacts } from '../gates/facts.ts';
import { judgeGates, type GateVerdict, type Waiting } from '../gates/rules.ts';
import type { MessageFailure } from '../messages/lifecycle.ts';
import type { MessageDoc } from '../messages/use-cases.ts';
import { burstOf, isBulkPriority, maxPermitWaitMs, priorityOrDefault } from '../messages/rules.ts';
import type { Permit } from '../../rates/channel/permits.ts';
import { randomFraction } from '../../platform/ids.ts';
import type { Sender } from '../../whatsapp/gateway.ts';
import { isSameAddress, placeOf } from '../gates/recipient.ts';
import { contactDeleted, recipientMoved } from './recipient.ts';
import { copyOfFile, type FileOutcome } from './file.ts';
import { noToken, openSender } from './sender.ts';
import { awaitTurn } from './turn.ts';
import { awaitReading } from './unread.ts';
import { waitBriefly } from './wait.ts';
import type { AttemptRetry, AttemptEnd, DispatchDeps, Missing, Target } from './steps.ts';

/** `open`: all gates are open and the rate limits granted; end the permit after the answer. */
export type Clearance =
  | {
      readonly kind: 'open';
      readonly sender: Sender;
      /** As last judged. */
      readonly read: ReadFacts;
      readonly permit: Permit;
      /** The provider's id of the file of ours that the message sends. */
      readonly mediaId?: string;
    }
  | { readonly kind: 'stopped'; readonly end: AttemptEnd };

/**
 * Judges the gates, waits for the message's turn, and reserves places in the rate limits. The pair limit comes last,
 * right before the call, because it counts departures. A permit that it makes useless goes to the next message at once.
 */
export async function passGates(deps: DispatchDeps, target: Target, message: MessageDoc): Promise<Clearance> {
  const read = await readFacts(deps, target, message);
  if (isMissing(read)) return stopped(await endWithout(read, deps, target, message));
  const closed = await judge(deps, target, { message, read });
  if (closed !== null) return stopped(closed);
  const unread = await awaitReading(deps, target, { message, read });
  if (unread !== null) return stopped(unread);
  const sender = openSender(deps, read);
  if (sender === null) return stopped(await holdOrRetry(deps, target, { message, waiting: noToken(deps) }));
  const file = await copyOfFile(deps, target, message, sender.phoneNumberId);
  if (file.kind !== 'ready') return stopped(await withoutFile(deps, target, { message, file }));
  const turn = await awaitTurn(deps, target, message);
  if (turn !== null) return stopped(turn);
  const portfolio = await takePortfolio(deps, target, { message, read });
  if (portfolio !== null) return stopped(portfolio);
  const askedAtMs = performance.now();
  const permit = await takePermit(deps, target, { message, channel: read.channel });
  if (permit.kind === 'again') return stopped(permit);
  let judged = read;
  if (performance.now() - askedAtMs > maxFactsAgeMs) {
    const again = await judgeAgain(deps, target, { message, permit });
    if (again.kind === 'stopped') return again;
    judged = again.read;
    if (!isSameAddress(judged.address, read.address)) {
      // The place in the portfolio was taken for the other address.
      permit.giveBack();
      return stopped(recipientMoved);
    }
  }
  const pair = await takePair(deps, target, { message, read: judged, permit });
  if (pair !== null) return stopped(pair);
  const { mediaId } = file;
  return { kind: 'open', sender, read: judged, permit, ...(mediaId === undefined ? {} : { mediaId }) };
}

/** Waits for the copy of the file, or ends a message whose file cannot be sent. */
const withoutFile = (
  deps: DispatchDeps,
  target: Target,
  { message, file }: { message: MessageDoc; file: Exclude<FileOutcome, { kind: 'ready' }> },
): Promise<AttemptEnd> =>
  file.kind === 'unfit'
    ? close(deps, target, { message, verdict: { status: 'failed', failure: file.failure } })
    : waitBriefly(deps, target, { gate: 'file', reason: 'the upload of its file', until: file.until });

const stopped = (end: AttemptEnd): Stopped => ({ kind: 'stopped', end });

type Stopped = Extract<Clearance, { kind: 'stopped' }>;

/** After a longer wait for a permit the gates are judged again, because one may have closed meanwhile. */
const maxFactsAgeMs = 250;

interface Judged {
  readonly message: MessageDoc;
  readonly read: ReadFacts;
}

/** Null when all gates are open. */
async function judge(
  deps: DispatchDeps,
  target: Target,
  { message, read }: Judged,
): Promise<AttemptEnd | null> {
  const verdict = judgeGates(read.facts, deps.clock.now());
  if (verdict.kind === 'open') return null;
  return verdict.kind === 'closed'
    ? close(deps, target, { message, verdict })
    : holdOrRetry(deps, target, { message, waiting: verdict.waiting });
}

/** Judges newly read facts. Returns the permit if a gate has closed. */
async function judgeAgain(
  deps: DispatchDeps,
  target: Target,
  { message, permit }: { message: MessageDoc; permit: Permit },
): Promise<Stopped | { readonly kind: 'open'; readonly read: ReadFacts }> {
  try {
    const read = await deps.facts.readFresh(target.scope, message, { now: deps.clock.now() });
    const closed = isMissing(read)
      ? await endWithout(read, deps, target, message)
      : await judge(deps, target, { message, read });
    if (closed === null && !isMissing(read)) return { kind: 'open', read };
    permit.giveBack();
    return stopped(closed ?? channelMissing);
  } catch (error) {
    permit.giveBack();
    throw error;
  }
}

/** Reads a closed gate again without caches, because it may have opened and no event will wake this message. */
async function readFacts(
  { facts, clock }: DispatchDeps,
  { scope }: Target,
  message: MessageDoc,
): Promise<ReadFacts | MissingFact> {
  const first = await facts.read(scope, message, { now: clock.now() });
  if (isMissing(first)) return first;
  const verdict = judgeGates(first.facts, clock.now());
  return verdict.kind === 'wait' ? facts.readFresh(scope, message, { now: clock.now() }) : first;
}

const channelMissing: Missing = {
  kind: 'missing',
  type: 'channel-missing',
  message: 'The channel was deleted.',
};

const endWithout = async (
  missing: MissingFact,
  deps: DispatchDeps,
  target: Target,
  message: MessageDoc,
): Promise<AttemptEnd> =>
  missing === 'channel-missing'
    ? channelMissing
    : close(deps, target, { message, verdict: { status: 'failed', failure: contactDeleted } });

interface Closing {
  readonly message: MessageDoc;
  readonly verdict:
    | Pick<Extract<GateVerdict, { kind: 'closed' }>, 'status' | 'failure'>
    | { readonly status: 'failed'; readonly failure: MessageFailure };
}

/** Ends a message that will never leave. */
export async function close(
  { messages, clock }: DispatchDeps,
  { scope, id }: Target,
  { message, verdict: { status: reason, failure } }: Closing,
): Promise<AttemptEnd> {
  const withdrawal = { reason, failure, now: clock.now() };
  const status = await messages.withdraw(scope, id, withdrawal);
  const { attempt } = message.dispatch;
  return {
    kind: 'settled',
    status: status ?? reason,
    attempt,
    ...(status === 'failed' ? { failure } : {}),
  };
}

/** Shorter holds are retried by the activity: a run whose clock differs might not sleep at all. */
const briefHoldMs = 2_000;
const minHoldMs = 250;

async function holdOrRetry(
  deps: DispatchDeps,
  target: Target,
  { message, waiting }: { message: MessageDoc; waiting: Waiting },
): Promise<AttemptEnd> {
  const { messages, clock } = deps;
  const { gate, reason, until } = waiting;
  const nowMs = clock.now().getTime();
  if (until !== undefined && until.getTime() - nowMs < briefHoldMs) {
    const soon = new Date(Math.max(until.getTime(), nowMs + minHoldMs));
    return waitBriefly(deps, target, { gate, reason, until: soon });
  }
  await messages.noteWaiting(target.scope, target.id, { ...waiting, since: clock.now() });
  return {
    kind: 'held',
    gate,
    reason,
    attempt: message.dispatch.attempt,
    ...(until === undefined ? {} : { untilMs: until.getTime() }),
  };
}

/** Whom the rate limits count: the address, not the contact. The last gate has found an address. */
function countedAs({ address }: ReadFacts): Types.ObjectId {
  assert(address !== null, 'the gates have found an address');
  return placeOf(address);
}

/** Null if the pair limit grants; else the permit is returned. */
async function takePair(
  deps: DispatchDeps,
  target: Target,
  { message, read, permit }: Judged & { readonly permit: Permit },
): Promise<AttemptRetry | null> {
  const { channelId } = message;
  const contactId = countedAs(read);
  const burst = burstOf(priorityOrDefault(message.priority));
  const pair = await deps.rates
    .reservePair(target.scope, { channelId, contactId }, { burst })
    .catch((error: unknown) => {
      permit.giveBack();
      throw error;
    });
  if (pair.granted) return null;
  permit.giveBack();
  return waitBriefly(deps, target, { gate: 'pair', reason: 'pair limit', until: pair.comeBackAt });
}

/** Only business-initiated messages count: an answer in the open window does not. */
async function takePortfolio(
  deps: DispatchDeps,
  target: Target,
  { message, read }: Judged,
): Promise<AttemptEnd | null> {
  const { facts, channel } = read;
  const { messagingLimit: limit, wabaId, portfolioId = wabaId } = channel;
  const isWindowOpen = facts.windowExpiresAt !== null && facts.windowExpiresAt > deps.clock.now();
  if (limit === undefined || isWindowOpen) return null;
  const contactId = countedAs(read);
  const place = await deps.rates.reserveUser(target.scope, { portfolioId, limit, contactId });
  if (place.granted) return null;
  const reason = `messaging limit of ${limit} people in 24 h reached`;
  return holdOrRetry(deps, target, { message, waiting: { gate: 'portfolio', reason, until: place.freeAt } });
}

async function takePermit(
  deps: DispatchDeps,
  target: Target,
  { message, channel }: { message: MessageDoc; channel: ChannelDoc },
): Promise<Permit | AttemptRetry> {
  const { scope } = target;
  const line = { scope, channelId: channel._id, perSecond: channel.sendsPerSecond };
  const priority = priorityOrDefault(message.priority);
  const isBulk = isBulkPriority(priority);
  const maxWaitMs = maxPermitWaitMs({ isBulk, sendsPerSecond: channel.sendsPerSecond });
  const permit = await deps.rates.acquire(line, { priority, isBulk, maxWaitMs });
  if (permit.kind === 'permit') return permit;
  // Jitter, so that messages refused together do not return together.
  const waitMs = permit.retryAfterMs * (1 + randomFraction());
  const until = new Date(deps.clock.now().getTime() + waitMs);
  return waitBriefly(deps, target, { gate: 'rate', reason: 'rate of the channel', until });
}
