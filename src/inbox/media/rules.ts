import { keyOf } from '../../storage/rules.ts';
import type { Unanswered } from '../../whatsapp/gateway.ts';
import { maxFileBytes } from './kinds.ts';
import type { MediaProblem, SettledState } from './states.ts';

/** What follows an attempt to fetch a file. Pure. */
export type FetchVerdict =
  | { readonly kind: 'again'; readonly problem: MediaProblem; readonly delayMs?: number }
  | { readonly kind: 'settle'; readonly state: SettledState; readonly problem: MediaProblem };

/** The provider itself could not get the file from the contact's phone. */
const undeliverable = 131_052;

/** After this many different contents the provider is believed to have no right one. */
export const maxMismatches = 3;

const dayMs = 24 * 3_600_000;

/** How long the provider keeps the file of a message. */
const keptMs = 7 * dayMs;

export const fetchByOf = (now: Date): Date => new Date(now.getTime() + keptMs);

/** A process that takes a file to start its workflow has this long; then another one takes it. */
export const startLeaseOf = (now: Date): Date => new Date(now.getTime() + 30_000);

/** Whether a started workflow still runs is checked this much later. */
export const nextCheckOf = (now: Date): Date => new Date(now.getTime() + 10 * 60_000);

/** An uploaded file lives for 30 days at the provider; a day is left for sends that wait. */
const copyMs = 29 * dayMs;

/** A refusal is remembered for the messages that wait for the copy; later ones ask again. */
const refusalMs = 10 * 60_000;

interface Copy {
  readonly mediaId?: string;
  readonly at: Date;
}

export const isCopyFresh = ({ mediaId, at }: Copy, now: Date): boolean =>
  now.getTime() - at.getTime() < (mediaId === undefined ? refusalMs : copyMs);

const maxDelayMs = 3_600_000;

/**
 * After an answer without the file. Nearly everything may pass: an expired token is renewed, a permission is given back,
 * an address that died is replaced. The provider keeps the file for a week, so the attempts go on until then.
 */
export function judgeFailure(answer: Unanswered): FetchVerdict {
  if (answer.kind === 'away')
    return { kind: 'again', problem: { code: 'away', title: `WhatsApp did not answer: ${answer.reason}` } };
  const { error, retryAfterMs } = answer;
  const problem = { code: String(error.code), title: error.title };
  if (error.code === undeliverable) return { kind: 'settle', state: 'failed', problem };
  const delay = retryAfterMs === undefined ? {} : { delayMs: Math.min(retryAfterMs, maxDelayMs) };
  return { kind: 'again', problem, ...delay };
}

export const tooLarge: FetchVerdict = {
  kind: 'settle',
  state: 'rejected',
  problem: { code: 'too-large', title: `The file is larger than ${maxFileBytes} bytes` },
};

export const outOfTime: MediaProblem = {
  code: 'expired',
  title: 'WhatsApp keeps a file for seven days, and it could not be fetched in that time',
};

/** After the `count`th content with another hash than the provider told. */
export const judgeMismatch = (count: number): FetchVerdict => {
  const problem = { code: 'hash-mismatch', title: 'The file does not match the hash that WhatsApp told' };
  return count < maxMismatches ? { kind: 'again', problem } : { kind: 'settle', state: 'failed', problem };
};

export const thumbnailKeyOf = (clientId: string, fileId: string): string => `${keyOf(clientId, fileId)}.webp`;
