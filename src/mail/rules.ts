import type { MailKind, MailOrder } from './model.ts';

/** Mails of one business wait for no more than one mail of each other, and so do those that strangers can order. */
export const lineOf = (order: MailOrder): string =>
  'clientId' in order ? `client:${order.clientId.toHexString()}` : order.kind;

interface DueLine {
  readonly line: string | null;
  readonly dueAt: Date;
}

/**
 * The lines of the next mails, at most `count`: round by round, each begun by the line that was served longest ago.
 * `servedAt` counts what this process has sent.
 */
export function chooseLines(
  due: readonly DueLine[],
  servedAt: ReadonlyMap<string | null, number>,
  count: number,
): readonly (string | null)[] {
  const inOrder = due
    .map(({ line, dueAt }) => ({ line, dueAt, served: servedAt.get(line) ?? 0 }))
    .toSorted((a, b) => a.served - b.served || a.dueAt.getTime() - b.dueAt.getTime())
    .map(({ line }) => line);
  if (inOrder.length === 0) return [];
  return Array.from({ length: count }, (_, index) => inOrder[index % inOrder.length] ?? null);
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const firstDelayMs = 5 * secondMs;
const maxDelayMs = 30 * minuteMs;

/** A late reset is useless; the other links are still useful the next day. */
const giveUpAfterMs: Readonly<Record<MailKind, number>> = {
  'password-reset': 60 * minuteMs,
  invitation: 24 * 60 * minuteMs,
  'email-confirmation': 24 * 60 * minuteMs,
  'email-change-old': 24 * 60 * minuteMs,
  'email-change-new': 24 * 60 * minuteMs,
};

/** What became of an attempt to send a mail. */
export const mailOutcomes = ['sent', 'postponed', 'refused', 'expired', 'without-recipient'] as const;
export type MailOutcome = (typeof mailOutcomes)[number];

export type AfterFailure = { readonly kind: 'retry'; readonly at: Date } | { readonly kind: 'give-up' };

/** Decides whether to retry a failed mail: the delay doubles from 5 s to 30 min until `giveUpAfterMs`. */
export function afterFailure(mail: {
  readonly kind: MailKind;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly isPermanent: boolean;
  readonly now: Date;
}): AfterFailure {
  const delayMs = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.max(0, mail.attempts - 1));
  const at = new Date(mail.now.getTime() + delayMs);
  const isTooLate = at.getTime() - mail.createdAt.getTime() > giveUpAfterMs[mail.kind];
  return mail.isPermanent || isTooLate ? { kind: 'give-up' } : { kind: 'retry', at };
}
