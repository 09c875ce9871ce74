import {
  automaticRetryAfter,
  legacyCodes,
  planRetry,
  ruleFor,
  type ErrorClass,
  type ErrorRule,
  type ProviderError,
} from '../../src/whatsapp/error-classes.ts';
import type { AutomaticRetryRule } from '../../src/whatsapp/error-rule.ts';
import { errorRanges, errorRules } from '../../src/whatsapp/error-table.ts';

/**
 * The end of each provider error: the rows of docs/provider-errors.md, and the cases of
 * tests/e2e/error-codes.test.ts, which provokes every one of them. Pure.
 */
export interface ErrorEnd {
  /** As shown on the page: `131042`, `100/33`, `200–299`. */
  readonly name: string;
  /** One error of the row, as the provider reports it in an answer. */
  readonly example: ProviderError;
  readonly class: ErrorClass;
  readonly title: string;
  readonly advice: string;
  readonly asAnswer: AnswerEnd;
  /** Null if only an answer can report it. */
  readonly asReceipt: {
    readonly class: ErrorClass;
    readonly automaticRetry: AutomaticRetryRule | null;
  } | null;
  readonly besides: readonly Beside[];
}

export type AnswerEnd =
  | { readonly kind: 'failed'; readonly automaticRetry: AutomaticRetryRule | null }
  /** Called again after each of these waits; fails after `calls` calls in total, or never if null. */
  | {
      readonly kind: 'waits';
      readonly waitsMs: readonly number[];
      readonly calls: number | null;
      readonly automaticRetry: AutomaticRetryRule | null;
    }
  /** `outlasts`: the gate stays closed at least as long as the default time to live of a message. */
  | { readonly kind: 'held'; readonly gate: 'channel' | 'template'; readonly outlasts: boolean }
  | { readonly kind: 'marketing-endpoint'; readonly afterMs: number };

/** An effect beyond the message. */
export type Beside =
  | { readonly kind: 'channel-paused'; readonly atLeastMs: number | null }
  | { readonly kind: 'template'; readonly becomes: NonNullable<ErrorRule['template']> }
  | { readonly kind: 'slower'; readonly whose: NonNullable<ErrorRule['slows']> }
  | { readonly kind: 'marketing-stopped' }
  | { readonly kind: 'number-suspect' }
  | { readonly kind: 'window-closed' }
  | { readonly kind: 'marketing-endpoint' };

const hourMs = 3_600_000;

/** The default of `DISPATCH_TTL_MS`. */
export const defaultTtlMs = 24 * hourMs;

/** The wait before a marketing message goes to the other endpoint. */
const otherEndpointMs = 1_000;

/** The number of waits shown for an endless backoff. */
const namedWaits = 3;

interface Row {
  readonly name: string;
  readonly example: ProviderError;
  /** False if a receipt cannot report it. */
  readonly isInReceipts: boolean;
}

const row = (name: string, example: ProviderError, isInReceipts = true): Row => ({
  name,
  example,
  isInReceipts,
});

/** Errors without their own table entry: something beside the code decides. */
const special: readonly Row[] = [
  row('100/33', { code: 100, subcode: 33 }, false),
  row('131009 of the marketing endpoint', { code: 131009, endpoint: 'marketing' }, false),
  row('131053 with 429 or 5xx of the media’s host', { code: 131053, detail: 'The media host answered 503.' }),
  row('any final code with `is_transient`', { code: 999_001, httpStatus: 400, isTransient: true }, false),
  row('others, HTTP 429', { code: 999_002, httpStatus: 429 }, false),
  row('others, HTTP 5xx', { code: 999_003, httpStatus: 500 }, false),
  row('others, HTTP 4xx or a receipt', { code: 999_004, httpStatus: 400 }),
];

const ranges: readonly Row[] = errorRanges.map(({ first, last }) => {
  let code = first + Math.ceil((last - first) / 2);
  // Skip codes with their own row.
  while (code in legacyCodes) code += 1;
  return row(`${first}–${last}`, { code });
});

const ofRelays: readonly Row[] = Object.keys(legacyCodes).map((code) =>
  row(`${code} of old relays`, { code: Number(code) }),
);

const single: readonly Row[] = Object.keys(errorRules).map((code) => row(code, { code: Number(code) }));

const isOther = ({ example }: Row): boolean => example.code > 999_000 && example.code < 1_000_000;

/** By code; unknown codes come last. */
export const errorEnds: readonly ErrorEnd[] = [...single, ...ranges, ...ofRelays, ...special]
  .toSorted(
    (a, b) =>
      Number(isOther(a)) - Number(isOther(b)) ||
      Number.parseInt(a.name, 10) - Number.parseInt(b.name, 10) ||
      0,
  )
  .map(endOf);

function endOf({ name, example, isInReceipts }: Row): ErrorEnd {
  const rule = ruleFor(example);
  const { code, detail } = example;
  const received = ruleFor({ code, ...(detail === undefined ? {} : { detail }) });
  return {
    name,
    example,
    class: rule.class,
    title: rule.title,
    advice: rule.advice,
    asAnswer: answerEndOf(rule),
    asReceipt: isInReceipts
      ? { class: received.class, automaticRetry: automaticRetryAfter(received, 'receipt') }
      : null,
    besides: besidesOf(rule),
  };
}

function answerEndOf(rule: ErrorRule): AnswerEnd {
  if (rule.class === 'sender' || rule.class === 'credentials') {
    return { kind: 'held', gate: 'channel', outlasts: (rule.pauseMs ?? 0) >= defaultTtlMs };
  }
  if (rule.template === 'paused') return { kind: 'held', gate: 'template', outlasts: false };
  if (rule.class === 'marketing-endpoint') return { kind: 'marketing-endpoint', afterMs: otherEndpointMs };
  const automaticRetry = automaticRetryAfter(rule, 'answer');
  const waitsMs: number[] = [];
  for (let attempt = 1; attempt <= (rule.maxAttempts ?? namedWaits); attempt += 1) {
    const waitMs = planRetry({ rule, attempt, jitter: 0 });
    if (waitMs !== null) waitsMs.push(waitMs);
  }
  if (waitsMs.length === 0) return { kind: 'failed', automaticRetry };
  return { kind: 'waits', waitsMs, calls: rule.maxAttempts ?? null, automaticRetry };
}

function besidesOf(rule: ErrorRule): Beside[] {
  const isPaused = rule.class === 'sender' || rule.class === 'credentials';
  return [
    ...(isPaused ? [{ kind: 'channel-paused', atLeastMs: rule.pauseMs ?? null } as const] : []),
    ...(rule.template === undefined ? [] : [{ kind: 'template', becomes: rule.template } as const]),
    ...(rule.slows === undefined ? [] : [{ kind: 'slower', whose: rule.slows } as const]),
    ...(rule.stopsMarketing === true ? [{ kind: 'marketing-stopped' } as const] : []),
    ...(rule.suspectsNumber === true ? [{ kind: 'number-suspect' } as const] : []),
    ...(rule.class === 'marketing-endpoint' ? [{ kind: 'marketing-endpoint' } as const] : []),
    ...(rule.class === 'window' ? [{ kind: 'window-closed' } as const] : []),
  ];
}

export function describeAnswer({ asAnswer: end }: ErrorEnd): string {
  switch (end.kind) {
    case 'held':
      return end.outlasts
        ? `waits, then expires after ${describeMs(defaultTtlMs)} (\`DISPATCH_TTL_MS\`); sent if an admin resumes the ${end.gate} earlier`
        : `waits until the ${end.gate} is ${end.gate === 'channel' ? 'active' : 'approved'} again, then sent`;
    case 'marketing-endpoint':
      return `sent by the marketing endpoint after ${describeMs(end.afterMs)}`;
    case 'failed':
      return withAutomaticRetry('failed', end.automaticRetry);
    case 'waits': {
      const waits = end.waitsMs.map(describeMs).join(', ');
      return end.calls === null
        ? `sent after ${waits} …`
        : withAutomaticRetry(
            `sent after ${waits}; failed at the ${ordinal(end.calls)} refusal`,
            end.automaticRetry,
          );
    }
  }
}

export const describeReceipt = ({ asReceipt }: ErrorEnd): string =>
  asReceipt === null ? '–' : withAutomaticRetry('failed', asReceipt.automaticRetry);

export const describeBesides = ({ besides }: ErrorEnd): string =>
  besides.map(describeBeside).join(', ') || '–';

const templateWords: Readonly<Record<NonNullable<ErrorRule['template']>, string>> = {
  paused: 'template paused, its messages wait',
  disabled: 'template disabled, its waiting messages fail',
  resync: 'template read again',
};

function describeBeside(beside: Beside): string {
  switch (beside.kind) {
    case 'channel-paused':
      return beside.atLeastMs === null
        ? 'channel paused'
        : `channel paused for at least ${beside.atLeastMs / hourMs} h`;
    case 'template':
      return templateWords[beside.becomes];
    case 'slower':
      return beside.whose === 'channel' ? 'the channel slows down' : 'the contact’s other messages wait too';
    case 'marketing-stopped':
      return 'marketing opt-out recorded';
    case 'number-suspect':
      return 'number marked as suspect';
    case 'window-closed':
      return 'window closed';
    case 'marketing-endpoint':
      return 'the channel uses the marketing endpoint from then on';
  }
}

const withAutomaticRetry = (end: string, automaticRetry: AutomaticRetryRule | null): string =>
  automaticRetry === null
    ? end
    : `${end}, then an automatic retry after ${automaticRetryWaitsOf(automaticRetry)}`;

/** The time from each failure to its automatic retry. */
function automaticRetryWaitsOf({ afterMs, factor = 1, max }: AutomaticRetryRule): string {
  const waits = Array.from({ length: max }, (_value, index) => describeMs(afterMs * factor ** index));
  return max === 1 || new Set(waits).size > 1
    ? `${waits.join(', ')}, at most ${max === 1 ? 'once' : `${max} times`}`
    : `${waits[0]}, at most ${max} times`;
}

const ordinal = (number: number): string => `${number}${['th', 'st', 'nd', 'rd'][number] ?? 'th'}`;

function describeMs(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes > 120 && minutes % 60 !== 0) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  if (minutes > 120) return `${minutes / 60} h`;
  return minutes >= 1 && Number.isInteger(minutes) ? `${minutes} min` : `${ms / 1_000} s`;
}
