import { createTransport } from 'nodemailer';
import type { MailConfig } from './config.ts';

export interface Letter {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** The way out for mails. */
export interface MailTransport {
  /** Resolves when the mail server has taken the letter; throws `MailRefused` when it never will. */
  send(letter: Letter): Promise<void>;
  close(): void;
}

/** The mail server refuses this letter or this recipient for good (a reply of 5xx). */
export class MailRefused extends Error {
  constructor(options: ErrorOptions) {
    super('the mail server refuses the mail', options);
    this.name = 'MailRefused';
  }
}

const connectTimeoutMs = 10_000;
const socketTimeoutMs = 20_000;

/** How long one `send` takes at most, roughly: what other processes must wait before they try. */
export const maxSendMs = 60_000;

export function createSmtpTransport({ smtpUrl, from }: Pick<MailConfig, 'smtpUrl' | 'from'>): MailTransport {
  const transport = createTransport(
    {
      url: smtpUrl.reveal(),
      connectionTimeout: connectTimeoutMs,
      greetingTimeout: connectTimeoutMs,
      socketTimeout: socketTimeoutMs,
      // Letters are made of text alone; nothing in them may make the library read files or fetch addresses.
      disableFileAccess: true,
      disableUrlAccess: true,
    },
    { from },
  );
  return {
    async send({ to, subject, text }) {
      try {
        // As an object, so that no character in it can make a second recipient of it.
        await transport.sendMail({ to: { name: '', address: to }, subject, text });
      } catch (error) {
        if (isPermanent(error)) throw new MailRefused({ cause: error });
        throw error;
      }
    },
    close: () => transport.close(),
  };
}

/** 5xx is for good, except where it is about our own sign-in: that is repaired by whoever runs the product. */
function isPermanent(error: unknown): boolean {
  if (!(error instanceof Error) || !('responseCode' in error)) return false;
  const isOurs = 'code' in error && error.code === 'EAUTH';
  return !isOurs && Number(error.responseCode) >= 500 && Number(error.responseCode) < 600;
}
