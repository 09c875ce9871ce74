import { createTransport } from 'nodemailer';
import type { MailConfig } from './config.ts';

export interface Letter {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface MailTransport {
  /** Resolves when the mail server has accepted the letter; throws `MailRefused` if it never will. */
  send(letter: Letter): Promise<void>;
  close(): void;
}

/** The mail server permanently refused the letter or its recipient (a reply of 5xx). */
export class MailRefused extends Error {
  constructor(options: ErrorOptions) {
    super('the mail server refused the mail', options);
    this.name = 'MailRefused';
  }
}

const connectTimeoutMs = 10_000;
const socketTimeoutMs = 20_000;

/** The rough maximum duration of one `send`: the lease of a claim. */
export const maxSendMs = 60_000;

type SmtpConfig = Pick<MailConfig, 'smtpUrl' | 'from' | 'requiresTls'>;

export function createSmtpTransport({ smtpUrl, from, requiresTls }: SmtpConfig): MailTransport {
  const transport = createTransport(
    {
      url: smtpUrl.reveal(),
      connectionTimeout: connectTimeoutMs,
      greetingTimeout: connectTimeoutMs,
      socketTimeout: socketTimeoutMs,
      requireTLS: requiresTls,
      // Letters are plain text: their content must not make the library read files or fetch addresses.
      disableFileAccess: true,
      disableUrlAccess: true,
    },
    { from },
  );
  return {
    async send({ to, subject, text }) {
      try {
        // As an object, so that the library does not parse it into several recipients.
        await transport.sendMail({ to: { name: '', address: to }, subject, text });
      } catch (error) {
        if (isPermanent(error)) throw new MailRefused({ cause: error });
        throw error;
      }
    },
    close: () => transport.close(),
  };
}

/** Our own sign-in at the mail server, or TLS, failed: operators can correct that. */
const connectionErrors = new Set(['EAUTH', 'ETLS']);

/** A 5xx is permanent if it is about the letter or its recipient. */
function isPermanent(error: unknown): boolean {
  if (!(error instanceof Error) || !('responseCode' in error)) return false;
  const isOurs = 'code' in error && connectionErrors.has(String(error.code));
  return !isOurs && Number(error.responseCode) >= 500 && Number(error.responseCode) < 600;
}
