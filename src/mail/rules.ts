import type { MailKind } from './model.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const firstPauseMs = 5 * secondMs;
const maxPauseMs = 30 * minuteMs;

/** Whoever waits for a reset has gone by then; an invitation is still worth something the next day. */
const giveUpAfterMs: Readonly<Record<MailKind, number>> = {
  'password-reset': 60 * minuteMs,
  invitation: 24 * 60 * minuteMs,
};

export type AfterFailure = { readonly kind: 'retry'; readonly at: Date } | { readonly kind: 'give-up' };

/** What becomes of a mail that could not be sent: pauses grow from 5 s to 30 min, and there is an end. */
export function afterFailure(mail: {
  readonly kind: MailKind;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly isPermanent: boolean;
  readonly now: Date;
}): AfterFailure {
  const pauseMs = Math.min(maxPauseMs, firstPauseMs * 2 ** Math.max(0, mail.attempts - 1));
  const at = new Date(mail.now.getTime() + pauseMs);
  const isTooLate = at.getTime() - mail.createdAt.getTime() > giveUpAfterMs[mail.kind];
  return mail.isPermanent || isTooLate ? { kind: 'give-up' } : { kind: 'retry', at };
}
