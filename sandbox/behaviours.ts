/**
 * Which answer and which receipts a number gets. Everything here is pure: the last two digits of `to`, the
 * settings and the number of refusals so far decide, nothing else does.
 */
import { refuse, type Refusal } from './graph-errors.ts';

export type ReceiptStatus = 'sent' | 'delivered' | 'read' | 'failed';

/** `occursAfterMs` is the time that the receipt tells, `arrivesAfterMs` when the webhook is called. */
export interface PlannedReceipt {
  readonly status: ReceiptStatus;
  readonly occursAfterMs: number;
  readonly arrivesAfterMs: number;
  readonly code?: number;
  readonly details?: string;
}

export interface Acceptance {
  readonly kind: 'accept';
  readonly delayMs: number;
  readonly isAnswerLost: boolean;
  readonly areReceiptsFirst: boolean;
  readonly receipts: readonly PlannedReceipt[];
}

export type Plan = Acceptance | { readonly kind: 'refuse'; readonly refusal: Refusal };

export interface ReceiptDelays {
  readonly sentMs: number;
  readonly deliveredMs: number;
  readonly readMs: number;
}

export interface PlanSettings {
  readonly receipts: 'all' | 'none';
  readonly receiptDelays: ReceiptDelays;
  readonly slowMs: number;
}

const REFUSALS_BEFORE_SUCCESS = 2;

/** The last two digits of a phone number, or an empty text for a recipient that is not a phone number. */
export const behaviourDigits = (to: string | null): string => /\d\d$/.exec(to?.trim() ?? '')?.[0] ?? '';

/**
 * The key under which refusals of one message are counted. Callers put `<message>:<attempt>` into the opaque
 * data, so the part before the last colon stays the same over all attempts of a message.
 */
export function messageKey(opaque: string | null, to: string, templateName: string): string {
  if (opaque === null || opaque === '') return `${to} ${templateName}`;
  const colon = opaque.lastIndexOf(':');
  return colon > 0 ? opaque.slice(0, colon) : opaque;
}

function receipt(
  status: ReceiptStatus,
  occursAfterMs: number,
  arrivesAfterMs = occursAfterMs,
): PlannedReceipt {
  return { status, occursAfterMs, arrivesAfterMs };
}

function plannedReceipts(digits: string, delays: ReceiptDelays): PlannedReceipt[] {
  const { sentMs, deliveredMs, readMs } = delays;
  const sent = receipt('sent', sentMs);
  switch (digits) {
    case '02':
      return [sent, receipt('delivered', deliveredMs)];
    case '03':
      return [sent, { ...receipt('failed', deliveredMs), code: 131026 }];
    case '09':
      return [
        receipt('read', readMs, sentMs),
        receipt('sent', sentMs, deliveredMs),
        receipt('delivered', deliveredMs, deliveredMs),
        receipt('read', readMs),
        receipt('delivered', deliveredMs, readMs),
      ];
    case '10':
      return [receipt('sent', 0), receipt('delivered', 0), receipt('read', 0)];
    case '11':
      return [];
    case '12':
      return [{ ...receipt('failed', deliveredMs), code: 131049 }];
    default:
      return [sent, receipt('delivered', deliveredMs), receipt('read', readMs)];
  }
}

/** What a message that was scripted to fail gets instead, also when there are no receipts otherwise. */
export function failureReceipts(
  failure: { readonly code: number; readonly details?: string; readonly sent: boolean },
  { sentMs, deliveredMs }: ReceiptDelays,
): PlannedReceipt[] {
  const { code, details } = failure;
  const failed = { ...receipt('failed', deliveredMs), code, ...(details === undefined ? {} : { details }) };
  return failure.sent ? [receipt('sent', sentMs), failed] : [failed];
}

/** Whether refusals of this number have to be counted per message. */
export const isRefusalCounted = (digits: string): boolean => digits === '06' || digits === '07';

export function planAnswer(digits: string, settings: PlanSettings, refusedBefore: number): Plan {
  if (isRefusalCounted(digits) && refusedBefore < REFUSALS_BEFORE_SUCCESS) {
    const refusal =
      digits === '06' ? refuse(130429, { status: 429, headers: { 'retry-after': '1' } }) : refuse(131000);
    return { kind: 'refuse', refusal };
  }
  if (digits === '08') return { kind: 'refuse', refusal: refuse(132001) };
  return {
    kind: 'accept',
    delayMs: digits === '04' ? settings.slowMs : 0,
    isAnswerLost: digits === '05',
    areReceiptsFirst: digits === '10',
    receipts: settings.receipts === 'none' ? [] : plannedReceipts(digits, settings.receiptDelays),
  };
}
