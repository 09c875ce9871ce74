import type { ConfigProblem } from './config-block.ts';

/**
 * Settings whose insecure values stop the start in production, unless INSECURE_SETTINGS names them. Secrets are not among
 * them: no deployment needs a weak one.
 */
export const acceptableNames = [
  'APP_URL',
  'COOKIE_SECURE',
  'CORS_ORIGINS',
  'MEDIA_S3_ENDPOINT',
  'MONGODB_URI',
  'PUBLIC_URL',
  'SMTP_URL',
  'TEMPORAL_TLS',
  'WHATSAPP_API_URL',
  'WHATSAPP_PROVIDER',
] as const;
export type AcceptableName = (typeof acceptableNames)[number];

export const insecure = (name: AcceptableName, message: string): ConfigProblem => ({
  name,
  message: `${message}; to accept it anyway, add ${name} to INSECURE_SETTINGS`,
  acceptableAs: name,
});

export const isHttps = (url: string): boolean => /^https:\/\//i.test(url);

/** An address that is set and not https. */
export const checkHttps = (name: AcceptableName, url: string, why: string): readonly ConfigProblem[] =>
  url === '' || isHttps(url) ? [] : [insecure(name, `must begin with https:// (${why})`)];

const mongoUri =
  /^mongodb(?<srv>\+srv)?:\/\/(?:(?<credentials>[^@/]*)@)?[^/?]+(?:\/[^?]*)?(?:\?(?<options>.*))?$/;
/** These prove the client by a certificate, a token or the cloud's identity, so the address has no password. */
const passwordless = new Set(['MONGODB-X509', 'MONGODB-AWS', 'MONGODB-OIDC', 'GSSAPI']);

/** What a production database address lacks: credentials, or verified TLS. */
export function mongoUriLacks(uri: string): readonly string[] {
  const { srv, credentials = '', options = '' } = mongoUri.exec(uri)?.groups ?? {};
  const given = new Map(
    [...new URLSearchParams(options)].map(([name, value]) => [name.toLowerCase(), value] as const),
  );
  const isProven = /^[^:]+:.+$/.test(credentials) || passwordless.has(given.get('authmechanism') ?? '');
  const switches = ['tls', 'ssl'].flatMap((name) => given.get(name) ?? []);
  const hasTls = switches.length === 0 ? srv !== undefined : switches.every((value) => value === 'true');
  const trustsAnyone = ['tlsinsecure', 'tlsallowinvalidcertificates', 'tlsallowinvalidhostnames'].some(
    (name) => given.get(name) === 'true',
  );
  return [
    ...(isProven ? [] : ['user and password']),
    ...(hasTls && !trustsAnyone ? [] : ['TLS with a verified certificate (tls=true)']),
  ];
}

/** Options of the mail library that weaken TLS if false, and if true. */
const tlsOptions = new Set(['secure', 'requireTLS', 'tls.rejectUnauthorized']);
const plainOptions = new Set(['ignoreTLS', 'opportunisticTLS']);

/** A mail server address that turns TLS off or trusts any certificate. */
export const disablesMailTls = (url: string): boolean =>
  URL.canParse(url) &&
  [...new URL(url).searchParams].some(([name, value]) =>
    ['false', '0', ''].includes(value) ? tlsOptions.has(name) : plainOptions.has(name),
  );
