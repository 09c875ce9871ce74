import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { environmentNames, loadConfig, misspeltNames } from '../../../src/app/config.ts';
import { ConfigError } from '../../../src/platform/config.ts';
import { parseDurationMs } from '../../../src/platform/config-fields.ts';
import { Secret } from '../../../src/platform/secret.ts';
import { testEnvironment } from '../../support/config.ts';

const production = (): Record<string, string> => ({
  ...testEnvironment(),
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://crm.example.com/',
  SMTP_URL: 'smtps://crm:mail-canary@mail.example.com:465',
  MAIL_FROM: 'CRM <no-reply@example.com>',
  MONGODB_URI: 'mongodb+srv://crm:mongo-canary@db.example.com/whatsapp_crm',
  TEMPORAL_ADDRESS: 'temporal.example.com:7233',
  TEMPORAL_TLS: 'true',
});

function problemsOf(env: Record<string, string>): string[] {
  try {
    loadConfig(env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.map(({ name }) => name).toSorted();
  }
  return [];
}

describe('config', () => {
  it('an environment with the secrets only › the documented defaults', () => {
    const config = loadConfig(testEnvironment());
    assert.equal(config.http.port, 4000);
    assert.deepEqual(config.metrics, { apiPort: 4002, workerPort: 4003, temporalPort: 0 });
    assert.equal(config.http.publicUrl, 'http://localhost:4000');
    assert.equal(config.auth.accessTokenTtlMs, 15 * 60_000);
    assert.equal(config.auth.refreshTokenTtlMs, 7 * 86_400_000);
    assert.equal(config.messages.receiptDeadlineMs, 72 * 3_600_000);
    assert.equal(config.messages.dispatchTtlMs, 24 * 3_600_000);
    assert.equal(config.messages.sweepOlderThanMs, 60_000);
    assert.equal(config.provider.kind, 'sandbox');
    assert.equal(config.provider.apiUrl, 'http://127.0.0.1:4010');
    assert.equal(config.provider.timeoutMs, 20_000);
    assert.equal(config.http.cookies.secure, false);
    assert.equal(config.temporal.tls, false);
  });

  it('a Temporal API key › means TLS, and does not print', () => {
    const { temporal } = loadConfig({ ...production(), TEMPORAL_API_KEY: 'canary-key' });
    assert.equal(temporal.tls, true);
    assert.equal(temporal.apiKey?.reveal(), 'canary-key');
    assert.ok(!JSON.stringify(temporal).includes('canary'));
  });

  it('production › secure cookies, the cloud provider, no slash at the end of the public address', () => {
    const config = loadConfig(production());
    assert.equal(config.http.cookies.secure, true);
    assert.equal(config.provider.kind, 'cloud');
    assert.equal(config.provider.apiUrl, 'https://graph.facebook.com');
    assert.equal(config.http.publicUrl, 'https://crm.example.com');
    assert.equal(config.mail.appUrl, 'https://crm.example.com');
    assert.equal(config.mail.logsLinks, false);
    assert.deepEqual([config.auth.signupsPerHour, config.auth.signupsPerDay], [20, 100]);
  });

  it('mail and limits › set where they are given', () => {
    const { mail, http, auth } = loadConfig({
      ...testEnvironment(),
      NODE_ENV: 'development',
      APP_URL: 'https://app.example.com/',
      RATE_LIMIT_PER_MINUTE: '0',
      SIGNUP_LIMIT_PER_HOUR: '7',
      SIGNUP_LIMIT_PER_DAY: '9',
    });
    assert.equal(mail.appUrl, 'https://app.example.com');
    assert.equal(mail.logsLinks, true);
    assert.equal(mail.smtpUrl.reveal(), 'smtp://127.0.0.1:4025');
    assert.equal(http.rateLimitPerMinute, 0);
    assert.deepEqual([auth.signupsPerHour, auth.signupsPerDay], [7, 9]);
  });

  it('an empty environment › all missing names at once', () => {
    assert.deepEqual(problemsOf({}), [
      'CREDENTIALS_KEY',
      'JWT_ACCESS_TOKEN_SECRET',
      'JWT_REFRESH_TOKEN_SECRET',
      'WEBHOOK_VERIFY_TOKEN',
      'WHATSAPP_APP_SECRETS',
    ]);
  });

  it('production with weak and equal secrets › each is named, none of them printed', () => {
    const weak = 'guessable-value';
    const env = {
      ...production(),
      JWT_ACCESS_TOKEN_SECRET: weak,
      JWT_REFRESH_TOKEN_SECRET: 'a'.repeat(64),
      WEBHOOK_VERIFY_TOKEN: weak,
      WHATSAPP_APP_SECRETS: weak,
      CREDENTIALS_KEY: weak,
      PUBLIC_URL: '',
      SMTP_URL: '',
      MAIL_FROM: '',
      MONGODB_URI: '',
    };
    assert.deepEqual(problemsOf(env), [
      'CREDENTIALS_KEY',
      'JWT_ACCESS_TOKEN_SECRET',
      'JWT_REFRESH_TOKEN_SECRET',
      'MAIL_FROM',
      'MONGODB_URI',
      'PUBLIC_URL',
      'SMTP_URL',
      'WEBHOOK_VERIFY_TOKEN',
      'WHATSAPP_APP_SECRETS',
    ]);
    assert.throws(
      () => loadConfig(env),
      (error: Error) => error.message.includes('JWT_ACCESS_TOKEN_SECRET') && !error.message.includes(weak),
    );
    const shared = production()['JWT_ACCESS_TOKEN_SECRET'] ?? '';
    const equal = { ...production(), JWT_ACCESS_TOKEN_SECRET: shared, JWT_REFRESH_TOKEN_SECRET: shared };
    assert.deepEqual(problemsOf(equal), ['JWT_REFRESH_TOKEN_SECRET']);
  });

  it('outside production › a short secret is taken, a wrong AES key is not', () => {
    assert.deepEqual(problemsOf({ ...testEnvironment(), WEBHOOK_VERIFY_TOKEN: 'short' }), []);
    assert.deepEqual(problemsOf({ ...testEnvironment(), CREDENTIALS_KEY: 'short' }), ['CREDENTIALS_KEY']);
  });

  for (const [name, value] of [
    ['PORT', '65536'],
    ['PORT', '4e3'],
    ['ACCESS_TOKEN_EXPIRY', '16m'],
    ['ACCESS_TOKEN_EXPIRY', '900'],
    ['ACCESS_TOKEN_EXPIRY', '0s'],
    ['REFRESH_TOKEN_EXPIRY', 'a week'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'https://crm.example.com/path'],
    ['CORS_ORIGINS', 'https://crm.example.com,null'],
    ['PUBLIC_URL', 'javascript:alert(1)'],
    ['COOKIE_SECURE', 'yes'],
    ['TRUSTED_PROXIES', '-1'],
    ['WHATSAPP_PROVIDER', 'twilio'],
    ['WHATSAPP_API_VERSION', '25'],
    ['NODE_ENV', 'staging'],
    ['LOG_LEVEL', 'loud'],
    ['PROVIDER_TIMEOUT_MS', '0'],
    ['APP_URL', 'crm.example.com'],
    ['SMTP_URL', 'http://mail.example.com'],
    ['SMTP_URL', 'smtp://'],
    ['MAIL_FROM', 'nobody'],
    ['MAIL_FROM', 'CRM <a@example.com>, b@example.com'],
    ['MAIL_FROM', 'CRM\nBcc: <b@example.com>'],
    ['RATE_LIMIT_PER_MINUTE', '-1'],
    ['SIGNUP_LIMIT_PER_HOUR', '0'],
  ] as const) {
    it(`${name}=${value} › is refused by name`, () => {
      assert.deepEqual(problemsOf({ ...testEnvironment(), [name]: value }), [name]);
    });
  }

  it('app secrets › both variables are joined without doubles', () => {
    const config = loadConfig({
      ...testEnvironment(),
      WHATSAPP_APP_SECRETS: ' one , two ',
      WHATSAPP_APP_SECRET: 'two',
    });
    assert.deepEqual(
      config.provider.appSecrets.map((secret) => secret.reveal()),
      ['one', 'two'],
    );
  });

  it('…_MS variables › take a number or a duration', () => {
    const config = loadConfig({
      ...testEnvironment(),
      SWEEP_INTERVAL_MS: '250',
      RECEIPT_DEADLINE_MS: '2h',
    });
    assert.equal(config.messages.sweepIntervalMs, 250);
    assert.equal(config.messages.receiptDeadlineMs, 7_200_000);
  });

  it('the whole config printed › shows no secret', () => {
    const env = testEnvironment();
    const config = loadConfig({
      ...env,
      MONGODB_URI: 'mongodb://root:canary@db/x',
      SMTP_URL: 'smtp://crm:canary@mail/x',
    });
    const printed = `${inspect(config, { depth: 9 })}${JSON.stringify(config)}`;
    const values = [...Object.values(env).filter((value) => value.length > 10), 'canary'];
    for (const value of values) assert.ok(!printed.includes(value));
  });

  it('wrong values only, missing ones only, both › the title says which, and each has its advice', () => {
    const titleOf = (env: Record<string, string>): string => {
      try {
        loadConfig(env);
      } catch (error) {
        if (error instanceof ConfigError)
          return `${error.message.split('\n')[0]} … ${error.message.split('\n').at(-1)}`;
      }
      return 'starts';
    };
    assert.match(titleOf({}), /^The environment is incomplete: … Set these variables/);
    const wrong = { ...testEnvironment(), PORT: '6OOO', SHUTDOWN_GRACE: '25 seconds' };
    assert.match(titleOf(wrong), /^The environment has wrong or insecure values: … Correct these variables/);
    assert.match(
      titleOf({ PORT: '6OOO' }),
      /^The environment is incomplete and has wrong or insecure values: … Set/,
    );
  });

  it('a misspelt variable › is found with the one that was meant; those of other programs are not', () => {
    const env = {
      MONGODB_URL: 'mongodb://db',
      PROT: '4000',
      PATH: '/bin',
      KUBERNETES_PORT: 'tcp://10.0.0.1',
      HOSTNAME: 'a',
    };
    assert.deepEqual(misspeltNames(env), [
      { name: 'MONGODB_URL', meant: 'MONGODB_URI' },
      { name: 'PROT', meant: 'PORT' },
    ]);
    assert.deepEqual(misspeltNames({ ...testEnvironment(), CORS_ORIGIN: ' ' }), [], 'nothing is set');
  });

  it('.env.example › has every variable that is read, and no other', async () => {
    const text = await readFile(new URL('../../../.env.example', import.meta.url), 'utf8');
    const names = [...text.matchAll(/^([A-Z_0-9]+)=/gm)].map(([, name]) => name ?? '');
    assert.deepEqual(names.toSorted(), [...environmentNames].toSorted());
    assert.equal(new Set(names).size, names.length);
  });
});

describe('duration', () => {
  for (const [text, expected] of [
    ['15m', 900_000],
    ['900s', 900_000],
    ['7d', 604_800_000],
    ['250ms', 250],
    [' 2h ', 7_200_000],
    ['15', undefined],
    ['1.5h', undefined],
    ['-1s', undefined],
    ['1w', undefined],
    ['1toString', undefined],
  ] as const) {
    it(`"${text}" › ${String(expected)}`, () => assert.equal(parseDurationMs(text), expected));
  }
});

describe('secret', () => {
  it('printed in any way › is masked; revealed on purpose › is itself', () => {
    const secret = new Secret('canary');
    const printed = [[secret].join(), JSON.stringify({ secret }), inspect({ secret }), String(secret)];
    for (const text of printed) assert.ok(!text.includes('canary') && text.includes('[secret]'), text);
    assert.equal(secret.reveal(), 'canary');
    assert.equal(secret.byteLength, 6);
  });
});
