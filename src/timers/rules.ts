const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const dayMs = 24 * 60 * minuteMs;

const firstDelayMs = secondMs;
const maxDelayMs = 10 * minuteMs;

/** Attempts of one timer: with the delays between them, about a day. */
export const maxAttempts = 150;

/** An ended timer keeps its epoch for this long, far longer than any firing of it can be late. */
export const keepEndedMs = dayMs;

/** A timer that was given up stays this long for operators. */
export const keepFailedMs = 30 * dayMs;

export type AfterFailure = { readonly kind: 'retry'; readonly at: Date } | { readonly kind: 'give-up' };

/** Decides whether to repeat a failed timer: the delay doubles from 1 s to 10 min, for `maxAttempts` attempts. */
export function afterFailure({
  attempts,
  now,
}: {
  readonly attempts: number;
  readonly now: Date;
}): AfterFailure {
  if (attempts >= maxAttempts) return { kind: 'give-up' };
  const delayMs = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.max(0, attempts - 1));
  return { kind: 'retry', at: new Date(now.getTime() + delayMs) };
}

/** The kind of an error without its text, which may repeat what people wrote. */
export function nameOfError(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const code = 'code' in error ? ` ${String(error.code)}` : '';
  return `${error.name}${code}`.slice(0, 100);
}
