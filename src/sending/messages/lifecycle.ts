/**
 * The status machine of a message: pure, and the only place that decides a status.
 *
 * Statuses form one total order, and a message always holds the highest that was ever said of it. So any order
 * and any repetition of the same facts ends in the same status; `lifecycle.test.ts` proves it.
 */
export const messageStatuses = [
  'scheduled',
  'queued',
  'sending',
  'unknown',
  'sent',
  'canceled',
  'expired',
  'failed',
  'delivered',
  'read',
  'received',
] as const;

export type MessageStatus = (typeof messageStatuses)[number];

/** A status that the provider reports in a delivery receipt. */
export const receiptStatuses = ['sent', 'delivered', 'read', 'failed'] as const;
export type ReceiptStatus = (typeof receiptStatuses)[number];

const rankOf = (status: MessageStatus): number => messageStatuses.indexOf(status);

/**
 * The status after the fact `next` became known. `failed` beats everything up to `sent`; a later `delivered` or
 * `read` beats `failed`, because the phone has the message whatever was said before; `read` implies `delivered`;
 * a repetition changes nothing. An inbound message is `received` and stays so.
 */
export function nextStatus(current: MessageStatus, next: MessageStatus): MessageStatus {
  if (current === 'received' || next === 'received') return current;
  return rankOf(next) > rankOf(current) ? next : current;
}

/** The statuses that `next` changes: the filter of the compare-and-set that stores it. */
export function statusesThatYieldTo(next: MessageStatus): MessageStatus[] {
  return messageStatuses.filter((current) => nextStatus(current, next) !== current);
}

/**
 * The provider's word for a status, in any dialect that relays use, as ours. A word that we do not know is
 * null: it is kept in the history as `unknown` and changes no status.
 * Sources: Meta's status webhook reference; Gupshup, Twilio and Vonage for the other words.
 */
const receiptWords: ReadonlyMap<string, ReceiptStatus> = new Map(
  Object.entries<ReceiptStatus>({
    sent: 'sent',
    delivered: 'delivered',
    read: 'read',
    seen: 'read',
    opened: 'read',
    played: 'read',
    failed: 'failed',
    undelivered: 'failed',
    undeliverable: 'failed',
    rejected: 'failed',
    sending_failed: 'failed',
    delivery_failed: 'failed',
  }),
);

export const parseReceiptStatus = (word: string): ReceiptStatus | null =>
  receiptWords.get(word.toLowerCase()) ?? null;

/** Whether nothing more is waited for, so that the message's workflow closes. */
export const isSettled = (status: MessageStatus): boolean =>
  status === 'read' || status === 'failed' || status === 'canceled' || status === 'expired';

/** The provider call of a message as it stands in the database: the fence against sending twice. */
export interface DispatchState {
  /** How many provider calls were begun. */
  readonly attempt: number;
  /** True from before a call is made until its outcome is stored. */
  readonly isCalling: boolean;
}

/** The statuses in which the message has not been handed to the provider, as long as no call is under way. */
export const unsentStatuses = ['scheduled', 'queued', 'sending'] as const satisfies readonly MessageStatus[];

const isUnsent = (status: MessageStatus): boolean => unsentStatuses.some((unsent) => unsent === status);

/** Whether the message can still be held back for certain: cancel, expire and edit are possible. */
export const hasNotLeft = (status: MessageStatus, dispatch: DispatchState): boolean =>
  isUnsent(status) && !dispatch.isCalling;

export interface ClaimableMessage {
  readonly status: MessageStatus;
  readonly dispatch: DispatchState;
  readonly expiresAt?: Date;
  readonly sendAt?: Date;
}

/**
 * What a worker that is about to call the provider may do.
 * - `call`: nobody is calling; take the claim first.
 * - `ambiguous`: an earlier worker took the claim and never stored an outcome. The call may have been made, so it
 *   is not repeated.
 * - `settled`: the outcome is known already, by the provider's answer or by a receipt.
 * - `expire`: its time has passed before it left.
 * - `early`: its time has not come, or was moved.
 */
export type ClaimDecision = 'call' | 'ambiguous' | 'settled' | 'expire' | 'early';

export function decideClaim(
  { status, dispatch, expiresAt, sendAt }: ClaimableMessage,
  now: Date,
): ClaimDecision {
  if (!isUnsent(status)) return 'settled';
  if (dispatch.isCalling) return 'ambiguous';
  if (expiresAt !== undefined && expiresAt <= now) return 'expire';
  return sendAt !== undefined && sendAt > now ? 'early' : 'call';
}

/** What became of the provider call, as the gateway reports it. */
export type DispatchOutcome =
  | { readonly kind: 'accepted'; readonly providerMessageId: string; readonly isHeld: boolean }
  | { readonly kind: 'rejected'; readonly failure: MessageFailure }
  | { readonly kind: 'unknown'; readonly reason: string };

/** A failure of ours: the run of a message ended before the message left. */
export const lostWorkflow: MessageFailure = {
  code: 'workflow-closed',
  class: 'internal',
  title: 'The workflow ended before the message left',
  detail: 'It was terminated, or failed for a reason that its page in the Temporal UI shows.',
  advice: 'The message was not sent. Send it again.',
};

/** Why a message failed: the provider's code with our class of it and what to do. No phone number, no content. */
export interface MessageFailure {
  /** The provider's error code as text (`131026`), or one of ours (`not-reached`). */
  readonly code: string;
  readonly class: string;
  readonly title: string;
  readonly detail: string;
  readonly advice: string;
}

/** A statement of the provider, with its time by the provider's clock. */
export type Dated<Statement> = { readonly at: Date } & Statement;

/** What the provider charges for a message, in its own words. */
export interface MessagePricing {
  readonly category?: string;
  readonly type?: string;
  readonly model?: string;
}

/** The fields stand in the order in which they count for `latestByTime`; so they are stored. */
export const datedFailure = (at: Date, failure: MessageFailure): Dated<MessageFailure> => ({
  at,
  ...undated(failure),
});

/** The failure alone, as it is shown and as it goes into a run. */
export const undated = ({
  code,
  class: failureClass,
  title,
  detail,
  advice,
}: MessageFailure): MessageFailure => ({ code, class: failureClass, title, detail, advice });

export const datedPricing = (at: Date, { category, type, model }: MessagePricing): Dated<MessagePricing> => ({
  at,
  ...(category === undefined ? {} : { category }),
  ...(type === undefined ? {} : { type }),
  ...(model === undefined ? {} : { model }),
});

/**
 * Which of two words about the same thing counts: the later one by the provider's clock, and of two of one time the
 * greater one, field by field. It is the greatest of all that was said, so that neither order nor repetition makes a
 * difference. The database keeps it by `$max`, whose order of objects this is.
 */
export const latestByTime = <Statement extends object>(
  known: Dated<Statement> | undefined,
  said: Dated<Statement>,
): Dated<Statement> => (known !== undefined && compareFields(known, said) >= 0 ? known : said);

function compareFields(a: object, b: object): number {
  const [left, right] = [Object.entries(a), Object.entries(b)];
  for (const [index, [name, value]] of left.entries()) {
    const [otherName, otherValue] = right[index] ?? [];
    if (otherName === undefined) return 1;
    const difference = compareText(name, otherName) || compareValues(value, otherValue);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

const compareValues = (a: unknown, b: unknown): number =>
  a instanceof Date && b instanceof Date ? a.getTime() - b.getTime() : compareText(String(a), String(b));

/** By code points, which is the order of UTF-8 and so of the database. */
function compareText(a: string, b: string): number {
  const right = codePointsOf(b);
  for (const [index, point] of codePointsOf(a).entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (point !== other) return point - other;
  }
  return a.length - b.length;
}

const codePointsOf = (text: string): number[] => Array.from(text, (char) => Number(char.codePointAt(0)));

export const statusOfOutcome: Readonly<Record<DispatchOutcome['kind'], MessageStatus>> = {
  accepted: 'sent',
  rejected: 'failed',
  unknown: 'unknown',
};

/** Why a message that has not left is closed; also the status that it gets. */
export type WithdrawReason = 'canceled' | 'expired' | 'failed' | 'unknown';

/** The status of a message that will not be dispatched any more: one in the middle of a call may have left. */
export function decideWithdrawal(
  status: MessageStatus,
  dispatch: DispatchState,
  reason: WithdrawReason,
): MessageStatus {
  if (!isUnsent(status)) return status;
  return dispatch.isCalling ? 'unknown' : reason;
}
