import type { GateName } from '../../../openings/contract.ts';
import { historyInOrder } from '../history.ts';
import { explainTransport } from '../../../whatsapp/transport-errors.ts';
import { hasNotLeft } from '../lifecycle.ts';
import type { MessageDoc, Readdressing, Rewording } from '../store/model.ts';

/** Why a message has not left yet; `until` is when it is checked again at the latest. */
export interface WaitingFor {
  readonly gate: GateName | 'queue' | 'answer';
  readonly reason: string;
  readonly since: Date;
  readonly until: Date | null;
}

export const timelineKinds = [
  'accepted',
  'status',
  'wait',
  'order',
  'recipient',
  'words',
  'call',
  'answer',
  'receipt',
] as const;

export interface TimelineEntry {
  readonly at: Date;
  readonly kind: (typeof timelineKinds)[number];
  readonly text: string;
  /** The user who did it, if any. */
  readonly by?: string;
  readonly until?: Date;
  readonly code?: string;
}

/** The state of the run in Temporal. */
export interface RunState {
  readonly status: string;
  /** The dispatch that is running or waits for its next attempt. */
  readonly pending: {
    readonly attempt: number;
    readonly isRunning: boolean;
    readonly nextAttemptAt: Date | null;
    readonly lastFailure: string | null;
  } | null;
}

type TimelineSource = Pick<
  MessageDoc,
  | 'status'
  | 'dispatch'
  | 'timestamp'
  | 'sendAt'
  | 'waiting'
  | 'waits'
  | 'statusHistory'
  | 'createdBy'
  | 'retriedBy'
  | 'readdressed'
  | 'reworded'
  | 'overtakenAt'
  | 'overtook'
>;

/** The message's current wait; null if it has left or will never leave. */
export function waitingForOf(
  message: Pick<TimelineSource, 'status' | 'dispatch' | 'waiting' | 'sendAt' | 'timestamp'>,
  run: RunState | null,
): WaitingFor | null {
  const { status, dispatch, waiting, sendAt, timestamp } = message;
  if (dispatch.isCalling && status === 'sending') {
    const since = dispatch.startedAt ?? timestamp;
    return { gate: 'answer', reason: 'the provider’s answer', since, until: null };
  }
  if (!hasNotLeft(status, dispatch)) return null;
  if (waiting !== undefined) {
    const { gate, reason, since, until } = waiting;
    return { gate, reason, since, until: run?.pending?.nextAttemptAt ?? until ?? null };
  }
  if (status === 'scheduled' && sendAt !== undefined) {
    return {
      gate: 'schedule',
      reason: `scheduled for ${sendAt.toISOString()}`,
      since: timestamp,
      until: sendAt,
    };
  }
  return { gate: 'queue', reason: 'its turn in the provider queue', since: timestamp, until: null };
}

/**
 * The stored history of a message: every wait with its reason, every call with its answer, every receipt. Sorted by
 * time; entries of the same millisecond stay in causal order.
 */
export function timelineOf(message: TimelineSource): TimelineEntry[] {
  const { statusHistory, waits = [], readdressed = [], reworded = [], dispatch } = message;
  const entries: TimelineEntry[] = [
    ...historyInOrder(statusHistory).map((entry, index) =>
      index === 0 ? acceptance(message) : statusChange(entry),
    ),
    ...readdressed.map(recipientChange),
    ...reworded.map(wordChange),
    ...orderChanges(message),
    ...dispatch.attempts.flatMap((attempt) => callEntries(attempt, dispatch)),
    ...waits.map(({ since, reason, until }) => ({
      at: since,
      kind: 'wait' as const,
      text: `waits: ${reason}`,
      ...(until === undefined ? {} : { until }),
    })),
  ];
  return entries
    .filter(({ kind, text }) => kind !== 'status' || text !== 'sending')
    .toSorted((a, b) => sortKeyOf(a) - sortKeyOf(b));
}

const secondMs = 1_000;

/** Receipts have whole seconds, so they sort after everything else in their second. */
const sortKeyOf = ({ at, kind }: TimelineEntry): number =>
  kind === 'receipt' && at.getMilliseconds() === 0 ? at.getTime() + secondMs - 1 : at.getTime();

function acceptance({ statusHistory, timestamp, createdBy }: TimelineSource): TimelineEntry {
  const status = statusHistory[0]?.status ?? 'queued';
  return {
    at: timestamp,
    kind: 'accepted',
    text: `accepted as ${status}`,
    ...(createdBy === undefined ? {} : { by: createdBy.toHexString() }),
  };
}

function statusChange({ status, timestamp, raw = {} }: MessageDoc['statusHistory'][number]): TimelineEntry {
  const word = typeof raw['word'] === 'string' ? raw['word'] : null;
  const code = typeof raw['code'] === 'string' ? { code: raw['code'] } : {};
  if (word !== null) return { at: timestamp, kind: 'receipt', text: `receipt: ${word}`, ...code };
  const said = [raw['reason'], raw['detail'], raw['sendAt']].find((text) => typeof text === 'string');
  if (said === undefined) return { at: timestamp, kind: 'status', text: status, ...code };
  const isNetwork = status === 'unknown' || raw['code'] === 'not-reached';
  const { reason, ...named } = isNetwork ? explainTransport(said) : { reason: said };
  return { at: timestamp, kind: 'status', text: `${status}: ${reason}`, ...named, ...code };
}

function orderChanges({ overtakenAt, overtook = [] }: TimelineSource): TimelineEntry[] {
  const given = overtook.map(({ at, messageIds }) => ({
    at,
    kind: 'order' as const,
    text: `no longer waits for earlier answers that are stuck: ${messageIds.map(String).join(', ')}`,
  }));
  if (overtakenAt === undefined) return given;
  const text = 'stuck: later answers of the conversation no longer wait for it';
  return [...given, { at: overtakenAt, kind: 'order', text }];
}

const recipientChange = ({ at, from, to, by }: Readdressing): TimelineEntry => ({
  at,
  kind: 'recipient',
  text: `recipient changed from ${from} to ${to} (contact corrected by ${by === undefined ? 'the system' : 'a user'})`,
  ...(by === undefined ? {} : { by: by.toHexString() }),
});

const wordChange = ({ at, from, by }: Rewording): TimelineEntry =>
  by === undefined
    ? {
        ...{ at, kind: 'words' },
        text: `the template has changed: the message leaves with its new words, not with “${from}”`,
      }
    : { at, kind: 'words', text: `edited by a user; before: “${from}”`, by: by.toHexString() };

function callEntries(
  { number, startedAt, endedAt, outcome, code }: MessageDoc['dispatch']['attempts'][number],
  dispatch: MessageDoc['dispatch'],
): TimelineEntry[] {
  const warning =
    number === dispatch.attempt && dispatch.isToSuspect === true
      ? '; the number was suspect: WhatsApp could not deliver to it before'
      : '';
  const answers = {
    accepted: 'accepted by the provider',
    rejected: 'refused by the provider',
    retry: 'refused by the provider for now',
    unknown: 'outcome unknown',
  };
  return [
    { at: startedAt, kind: 'call', text: `call ${number} to the provider${warning}` },
    {
      at: endedAt,
      kind: 'answer',
      text: `answer ${number}: ${answers[outcome]}`,
      ...(code === undefined ? {} : { code }),
    },
  ];
}
