import type { GateName } from '../../../openings/contract.ts';
import { hasNotLeft } from '../lifecycle.ts';
import type { MessageDoc } from '../store/model.ts';

/** Why a message has not left yet; `until` is when it is looked at again for certain. */
export interface WaitingFor {
  readonly gate: GateName | 'queue' | 'answer';
  readonly reason: string;
  readonly since: Date;
  readonly until: Date | null;
}

export interface TimelineEntry {
  readonly at: Date;
  readonly kind: 'accepted' | 'status' | 'wait' | 'call' | 'answer' | 'receipt';
  readonly text: string;
  /** Who did it, where a person did. */
  readonly by?: string;
  readonly until?: Date;
  readonly code?: string;
}

/** What the run in Temporal adds, where it can be asked. */
export interface RunState {
  readonly status: string;
  /** The dispatch that is under way or waits for its next try. */
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
>;

/** What the message waits for at `now`; null once it has left, or never will. */
export function waitingForOf(message: TimelineSource, run: RunState | null): WaitingFor | null {
  const { status, dispatch, waiting, sendAt, timestamp } = message;
  if (dispatch.isCalling && status === 'sending') {
    const since = dispatch.startedAt ?? timestamp;
    return { gate: 'answer', reason: 'the answer of the provider', since, until: null };
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
  return { gate: 'queue', reason: 'its place in the queue of the provider', since: timestamp, until: null };
}

/**
 * The message's life from what is stored: every wait with its reason, every call with its answer, every receipt. In
 * the order of time; what happened in the same millisecond stays in the order in which it must have happened.
 */
export function timelineOf(message: TimelineSource): TimelineEntry[] {
  const { statusHistory, waits = [], dispatch } = message;
  const entries: TimelineEntry[] = [
    ...statusHistory.map((entry, index) => (index === 0 ? acceptance(message) : statusChange(entry))),
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
    .toSorted((a, b) => placeOf(a) - placeOf(b));
}

const secondMs = 1_000;

/** The provider tells whole seconds: what it says happened in one came after what we saw in it. */
const placeOf = ({ at, kind }: TimelineEntry): number =>
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
  const why = [raw['reason'], raw['detail'], raw['sendAt']].find((text) => typeof text === 'string');
  return { at: timestamp, kind: 'status', text: why === undefined ? status : `${status}: ${why}`, ...code };
}

function callEntries(
  { number, startedAt, endedAt, outcome, code }: MessageDoc['dispatch']['attempts'][number],
  dispatch: MessageDoc['dispatch'],
): TimelineEntry[] {
  const warning =
    number === dispatch.attempt && dispatch.isToSuspect === true
      ? '; the number was suspect: WhatsApp could not deliver to it before'
      : '';
  const answers = {
    accepted: 'the provider has accepted it',
    rejected: 'the provider has refused it',
    retry: 'the provider has refused it for now',
    unknown: 'nobody knows whether the provider has it',
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
