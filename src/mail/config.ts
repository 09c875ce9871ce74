import { checkPresence, defineConfig, type SliceOf } from '../platform/config-block.ts';
import { httpUrl, mailAddress, smtpUrl } from '../platform/config-fields.ts';
import { checkHttps, disablesMailTls, insecure } from '../platform/insecure-settings.ts';
import { Secret } from '../platform/secret.ts';

/** Outside production: the mail catcher of `npm start`. */
const defaultSmtpUrl = 'smtp://127.0.0.1:4025';
const defaultMailFrom = 'WhatsApp CRM <no-reply@localhost>';

export const mailConfig = defineConfig({
  fields: { SMTP_URL: smtpUrl(), MAIL_FROM: mailAddress(), APP_URL: httpUrl() },
  *check(env) {
    if (!env.isProduction) return;
    yield* checkPresence(env, ['SMTP_URL', 'MAIL_FROM']);
    yield* checkHttps('APP_URL', env.valueOf('APP_URL'), 'links that set a password lead there');
    if (disablesMailTls(env.valueOf('SMTP_URL')))
      yield insecure('SMTP_URL', 'must not turn off TLS or the check of its certificate');
  },
  toSlice: (env, { environment, isProduction, publicUrl, insecureSettings }) => ({
    smtpUrl: env.SMTP_URL ?? new Secret(defaultSmtpUrl),
    /** Refuses a mail server that offers no STARTTLS; smtps:// has TLS from the start. */
    requiresTls: isProduction && !insecureSettings.includes('SMTP_URL'),
    from: env.MAIL_FROM ?? defaultMailFrom,
    /** The base of links in mails; never taken from a request's Host header. */
    appUrl: env.APP_URL ?? publicUrl,
    /** Lets developers follow links without a mailbox. */
    logsLinks: environment === 'development',
  }),
});

export type MailConfig = SliceOf<typeof mailConfig>;
