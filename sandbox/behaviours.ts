/**
 * The answer and the receipts of a send. Pure: only the last two digits of `to`, the settings and the number of earlier
 * refusals decide.
 */
import { refuse, type Refusal } from './graph-errors.ts';

export type ReceiptStatus = 'sent' | 'delivered' | 'read' | 'failed';

/** `occursAfterMs` sets the timestamp of the receipt, `arrivesAfterMs` the time of the webhook. */
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

/** The last two digits of a phone number; empty for other recipients. */
export const behaviourDigits = (to: string | null): string => /\d\d$/.exec(to?.trim() ?? '')?.[0] ?? '';

/**
 * The key that counts the refusals of one message. Callers put `<message>:<attempt>` into the opaque data, so the part
 * before the last colon is the same for all attempts.
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

/** The receipts of a scripted failure, sent even if `receipts` is `none`. */
export function failureReceipts(
  failure: { readonly code: number; readonly details?: string; readonly sent: boolean },
  { sentMs, deliveredMs }: ReceiptDelays,
): PlannedReceipt[] {
  const { code, details } = failure;
  const failed = { ...receipt('failed', deliveredMs), code, ...(details === undefined ? {} : { details }) };
  return failure.sent ? [receipt('sent', sentMs), failed] : [failed];
}

/** Whether refusals of this number are counted per message. */
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
