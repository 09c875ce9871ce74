/**
 * The status machine of a message. Pure, and the only code that decides a status.
 *
 * Statuses form one total order, and a message always holds the highest one ever reported. So the same events, in any
 * order and with any repetition, lead to the same status; `lifecycle.test.ts` proves it.
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
 * The status after `next` is reported. `failed` beats everything up to `sent`. A later `delivered` or `read` beats
 * `failed`, because the phone has the message after all. `read` implies `delivered`. A repetition changes nothing. An
 * inbound message stays `received`.
 */
export function nextStatus(current: MessageStatus, next: MessageStatus): MessageStatus {
  if (current === 'received' || next === 'received') return current;
  return rankOf(next) > rankOf(current) ? next : current;
}

/** The statuses that `next` replaces: the filter of the compare-and-set that stores it. */
export function statusesThatYieldTo(next: MessageStatus): MessageStatus[] {
  return messageStatuses.filter((current) => nextStatus(current, next) !== current);
}

/**
 * Status words of Meta and of the relays in front of it. An unrecognised word is kept in the history as `unknown` and
 * changes no status. Sources: Meta's status webhook reference; Gupshup, Twilio and Vonage for the other words.
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

/** Whether the status is final, so that the workflow closes. */
export const isSettled = (status: MessageStatus): boolean =>
  status === 'read' || status === 'failed' || status === 'canceled' || status === 'expired';

/** The stored state of a message's provider call: the guard against sending twice. */
export interface DispatchState {
  /** Provider calls begun. */
  readonly attempt: number;
  /** True from before a call until its outcome is stored. */
  readonly isCalling: boolean;
}

/** Statuses of a message that was not handed to the provider, provided that no call is under way. */
export const unsentStatuses = ['scheduled', 'queued', 'sending'] as const satisfies readonly MessageStatus[];

const isUnsent = (status: MessageStatus): boolean => unsentStatuses.some((unsent) => unsent === status);

/** Whether the message has certainly not left, so that it can be canceled, expired or edited. */
export const hasNotLeft = (status: MessageStatus, dispatch: DispatchState): boolean =>
  isUnsent(status) && !dispatch.isCalling;

export interface ClaimableMessage {
  readonly status: MessageStatus;
  readonly dispatch: DispatchState;
  readonly expiresAt?: Date;
  readonly sendAt?: Date;
}

/**
 * Whether a worker may send a message.
 * - `call`: no call is under way; take the claim, then call.
 * - `ambiguous`: an earlier worker took the claim and never stored an outcome. The call may have been made: never
 *   repeat it.
 * - `settled`: the outcome is known, by the provider's answer or by a receipt.
 * - `expire`: the message expired before it left.
 * - `early`: the send time has not come, or was moved.
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

/** The outcome of the provider call, as the gateway reports it. */
export type DispatchOutcome =
  | { readonly kind: 'accepted'; readonly providerMessageId: string; readonly isHeld: boolean }
  | { readonly kind: 'rejected'; readonly failure: MessageFailure }
  /** `code`: the name of a network error. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly code?: string };

/** An internal failure: the workflow of a message ended before the message left. */
export const lostWorkflow: MessageFailure = {
  code: 'workflow-closed',
  class: 'internal',
  title: 'The workflow ended before the message left',
  detail: 'The workflow was terminated, or failed for a reason that the Temporal UI shows.',
  advice: 'The message was not sent. Send it again.',
};

/** Why a message failed: code, our class of it, and what to do. Contains no phone number and no content. */
export interface MessageFailure {
  /** The provider's error code as text (`131026`), or a code of our own (`not-reached`). */
  readonly code: string;
  readonly class: string;
  readonly title: string;
  readonly detail: string;
  readonly advice: string;
}

/** A statement of the provider, with its time by the provider's clock. */
export type Dated<Statement> = { readonly at: Date } & Statement;

/** The price class of a message, in the provider's terms. */
export interface MessagePricing {
  readonly category?: string;
  readonly type?: string;
  readonly model?: string;
}

/** The order of the fields is the order in which `latestByTime` and the database compare them. */
export const datedFailure = (at: Date, failure: MessageFailure): Dated<MessageFailure> => ({
  at,
  ...undated(failure),
});

/** The failure without its time, as views and workflows use it. */
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
 * The later of two statements by the provider's clock; at the same time the greater one, field by field. A maximum, so
 * neither order nor repetition matters. The database stores it by `$max`, which compares objects in this order.
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

/** Compares by code point, like UTF-8 and therefore the database. */
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

/** Why an unsent message is closed; also its new status. */
export type WithdrawReason = 'canceled' | 'expired' | 'failed' | 'unknown';

/** The status of a message that will not be dispatched again. One with a call under way may have left. */
export function decideWithdrawal(
  status: MessageStatus,
  dispatch: DispatchState,
  reason: WithdrawReason,
): MessageStatus {
  if (!isUnsent(status)) return status;
  return dispatch.isCalling ? 'unknown' : reason;
}
