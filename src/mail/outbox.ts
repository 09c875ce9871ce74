import type { ClientSession } from 'mongoose';
import type { Clock } from '../platform/clock.ts';
import { newId } from '../platform/ids.ts';
import type { Logger } from '../platform/logger.ts';
import type { MailKind, MailOrder, MailRepository, OutboxMailDoc } from './repository.ts';
import { afterFailure, chooseLines, lineOf, type MailOutcome } from './rules.ts';
import { type Letter, maxSendMs, MailRefused, type MailTransport } from './transport.ts';

export type { MailOrder } from './repository.ts';

/** Makes the letter of an order; null if it has no recipient any more. */
export type WriteLetter = (order: MailOrder) => Promise<Letter | null>;

interface OutboxOptions {
  readonly mails: MailRepository;
  readonly clock: Clock;
}

export type MailOutbox = ReturnType<typeof createOutbox>;

/** Accepts orders for mails: each is as durable as the write that requests it, and the caller does not wait for it. */
export const createOutbox = ({ mails, clock }: OutboxOptions) => ({
  async add(order: MailOrder, session?: ClientSession): Promise<void> {
    const now = clock.now();
    await mails.insert(
      { _id: newId(), order, line: lineOf(order), createdAt: now, attempts: 0, nextAttemptAt: now },
      session,
    );
  },
});

/** Called after each attempt. Must not throw, and decides nothing. */
export type MailObserver = (kind: MailKind, outcome: MailOutcome) => void;

interface MailSenderOptions extends OutboxOptions {
  readonly transport: MailTransport;
  readonly writeLetter: WriteLetter;
  readonly logger: Logger;
  readonly onAttempt?: MailObserver;
}

/** Mails that one process sends at the same time. */
const maxConcurrent = 5;
/** The lines whose last turn is remembered; of more, those that were served longest ago are forgotten. */
const maxServedLines = 10_000;

/** Sends due mails at least once: a crash between sending and recording it sends the mail again. */
export function createMailSender(options: MailSenderOptions) {
  const { mails, transport, writeLetter, clock, logger, onAttempt } = options;
  /** The turn in which each line was served last. */
  const servedAt = new Map<string | null, number>();
  let turns = 0;

  async function claim(line: string | null): Promise<OutboxMailDoc | null> {
    const now = clock.now();
    const mail = await mails.claim(line, now, new Date(now.getTime() + maxSendMs));
    if (mail === null) return null;
    turns += 1;
    servedAt.delete(line);
    servedAt.set(line, turns);
    const [oldest] = servedAt.keys();
    if (servedAt.size > maxServedLines && oldest !== undefined) servedAt.delete(oldest);
    return mail;
  }

  async function deliver(mail: OutboxMailDoc): Promise<void> {
    const fields = { mailId: mail._id, kind: mail.order.kind, attempt: mail.attempts };
    try {
      const letter = await writeLetter(mail.order);
      if (letter !== null) await transport.send(letter);
      await mails.remove(mail._id);
      onAttempt?.(mail.order.kind, letter === null ? 'without-recipient' : 'sent');
      if (letter !== null) logger.info(fields, 'mail sent');
    } catch (error) {
      await settleFailure(mail, mail.order.kind, error);
    }
  }

  async function settleFailure(mail: OutboxMailDoc, kind: MailKind, error: unknown): Promise<void> {
    const now = clock.now();
    const isPermanent = error instanceof MailRefused;
    const { attempts, createdAt } = mail;
    const next = afterFailure({ kind, attempts, createdAt, isPermanent, now });
    const fields = { mailId: mail._id, kind, attempt: attempts, reason: withoutAddresses(error) };
    if (next.kind === 'retry') {
      await mails.postpone(mail._id, next.at);
      onAttempt?.(kind, 'postponed');
      logger.warn({ ...fields, retryAt: next.at }, 'mail could not be sent; will be retried');
      return;
    }
    await mails.giveUp(mail._id, now);
    onAttempt?.(kind, isPermanent ? 'refused' : 'expired');
    logger.error(fields, 'mail given up');
  }

  return {
    /** Sends a batch of due mails, whose lines take turns; returns how many it tried. */
    async sendDue(): Promise<number> {
      const due: OutboxMailDoc[] = [];
      for (const line of chooseLines(await mails.dueLines(clock.now()), servedAt, maxConcurrent)) {
        const mail = await claim(line);
        if (mail !== null) due.push(mail);
      }
      await Promise.all(due.map(deliver));
      return due.length;
    },
  };
}

/** The kind of failure without its text, because mail servers repeat the address in their replies. */
function withoutAddresses(error: unknown): string {
  const cause = error instanceof MailRefused ? error.cause : error;
  if (!(cause instanceof Error)) return 'unknown';
  const code = 'code' in cause ? String(cause.code) : cause.name;
  const reply = 'responseCode' in cause ? ` ${String(cause.responseCode)}` : '';
  return `${code}${reply}`;
}
