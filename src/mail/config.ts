import { checkPresence, defineConfig, type SliceOf } from '../platform/config-block.ts';
import { httpUrl, mailAddress, smtpUrl } from '../platform/config-fields.ts';
import { Secret } from '../platform/secret.ts';

/** Outside production: the mail catcher of `npm start`. */
const defaultSmtpUrl = 'smtp://127.0.0.1:4025';
const defaultMailFrom = 'WhatsApp CRM <no-reply@localhost>';

export const mailConfig = defineConfig({
  fields: { SMTP_URL: smtpUrl(), MAIL_FROM: mailAddress(), APP_URL: httpUrl() },
  check: (env) => (env.isProduction ? checkPresence(env, ['SMTP_URL', 'MAIL_FROM']) : []),
  toSlice: (env, { environment, publicUrl }) => ({
    smtpUrl: env.SMTP_URL ?? new Secret(defaultSmtpUrl),
    from: env.MAIL_FROM ?? defaultMailFrom,
    /** The base of links in mails; never taken from a request's Host header. */
    appUrl: env.APP_URL ?? publicUrl,
    /** Lets developers follow links without a mailbox. */
    logsLinks: environment === 'development',
  }),
});

export type MailConfig = SliceOf<typeof mailConfig>;
