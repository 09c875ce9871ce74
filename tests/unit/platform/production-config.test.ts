import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { loadConfig } from '../../../src/app/config.ts';
import { ConfigError, loadMongoConfig } from '../../../src/platform/config.ts';
import { acceptableNames } from '../../../src/platform/insecure-settings.ts';
import { isWeakKey, isWeakSecret } from '../../../src/platform/secret-strength.ts';
import { testEnvironment } from '../../support/config.ts';

const production = (): Record<string, string> => ({
  ...testEnvironment(),
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://crm.example.com',
  SMTP_URL: 'smtps://crm:mail@mail.example.com:465',
  MAIL_FROM: 'CRM <no-reply@example.com>',
  MONGODB_URI: 'mongodb+srv://crm:mongo@db.example.com/whatsapp_crm',
  TEMPORAL_ADDRESS: 'temporal.example.com:7233',
  TEMPORAL_TLS: 'true',
});

const problemsOf = (env: Record<string, string>): readonly { name: string; message: string }[] => {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
};
const namesOf = (env: Record<string, string>): string[] =>
  problemsOf(env)
    .map(({ name }) => name)
    .toSorted();

/** One insecure value for each setting that INSECURE_SETTINGS may name. */
const insecureValues: Readonly<Record<(typeof acceptableNames)[number], string>> = {
  APP_URL: 'http://app.example.com',
  COOKIE_SECURE: 'false',
  CORS_ORIGINS: 'https://app.example.com,http://old.example.com',
  MEDIA_S3_ENDPOINT: 'http://minio:9000',
  MONGODB_URI: 'mongodb://db:27017/whatsapp_crm?replicaSet=rs0',
  PUBLIC_URL: 'http://crm.example.com',
  SMTP_URL: 'smtp://crm:mail@mail.example.com:587?ignoreTLS=true',
  TEMPORAL_TLS: 'false',
  WHATSAPP_API_URL: 'http://sandbox:4010',
  WHATSAPP_PROVIDER: 'sandbox',
};

const hex = (text: string) => Buffer.from(text, 'hex').toString('base64');

describe('start in production', () => {
  it('a whole and secure environment › starts, and accepts nothing insecure', () => {
    assert.deepEqual(loadConfig(production()).deployment.insecureSettings, []);
    assert.equal(loadConfig(production()).mail.requiresTls, true);
  });

  for (const name of ['MONGODB_URI', 'TEMPORAL_ADDRESS'])
    it(`without ${name} › does not start, instead of using a server on this host`, () =>
      assert.deepEqual(problemsOf({ ...production(), [name]: '' }), [{ name, message: 'is missing' }]));

  it('an operator command without MONGODB_URI › does not start either; an insecure address is its own affair', () => {
    assert.throws(() => loadMongoConfig({ NODE_ENV: 'production' }), /MONGODB_URI is missing/);
    const uri = 'mongodb://db:27017/whatsapp_crm?replicaSet=rs0';
    assert.equal(loadMongoConfig({ NODE_ENV: 'production', MONGODB_URI: uri }).uri.reveal(), uri);
  });

  it('everything insecure at once › one refusal that names all of it, and how to accept it', () => {
    const problems = problemsOf({ ...production(), ...insecureValues });
    assert.deepEqual(problems.map(({ name }) => name).toSorted(), acceptableNames.toSorted());
    for (const { name, message } of problems)
      assert.match(message, new RegExp(`add ${name} to INSECURE_SETTINGS`));
  });

  for (const [name, value] of Object.entries(insecureValues)) {
    it(`${name}=${value} › refused by name; accepted if INSECURE_SETTINGS names it and nothing else`, () => {
      const env = { ...production(), [name]: value };
      assert.deepEqual(namesOf(env), [name]);
      const config = loadConfig({ ...env, INSECURE_SETTINGS: name });
      assert.deepEqual(config.deployment.insecureSettings, [name]);
      const other = acceptableNames.find((acceptable) => acceptable !== name) ?? '';
      assert.deepEqual(namesOf({ ...env, INSECURE_SETTINGS: other }), [name]);
    });
  }

  it('the same values outside production › start', () => {
    assert.deepEqual(namesOf({ ...testEnvironment(), ...insecureValues }), []);
  });

  it('INSECURE_SETTINGS › names a secret or an unknown setting › refused', () => {
    for (const name of ['JWT_ACCESS_TOKEN_SECRET', 'CREDENTIALS_KEY', '*', 'PUBLIC_URL,PORT'])
      assert.deepEqual(namesOf({ ...production(), INSECURE_SETTINGS: name }), ['INSECURE_SETTINGS']);
  });

  for (const uri of [
    'mongodb://crm:pw@a.example.com,b.example.com/whatsapp_crm?replicaSet=rs0&tls=true',
    'mongodb://crm:pw@db.example.com/?ssl=true',
    'mongodb+srv://db.example.com/whatsapp_crm?authMechanism=MONGODB-X509&authSource=$external',
    'mongodb+srv://crm:pw@db.example.com',
  ])
    it(`MONGODB_URI=${uri} › starts`, () =>
      assert.deepEqual(namesOf({ ...production(), MONGODB_URI: uri }), []));

  for (const [uri, lacks] of [
    ['mongodb://crm:pw@db.example.com/x?replicaSet=rs0', /lacks TLS/],
    ['mongodb+srv://db.example.com/x', /lacks user and password/],
    ['mongodb+srv://crm:@db.example.com/x', /lacks user and password/],
    ['mongodb+srv://crm:pw@db.example.com/x?tls=false', /lacks TLS/],
    ['mongodb+srv://crm:pw@db.example.com/x?tlsAllowInvalidCertificates=true', /lacks TLS/],
    ['mongodb+srv://crm:pw@db.example.com/x?tlsInsecure=true', /lacks TLS/],
    ['mongodb://crm:pw@db.example.com/x?tls=true&ssl=false', /lacks TLS/],
    ['mongodb://db.example.com/x', /lacks user and password and TLS/],
    ['db.example.com', /must begin with mongodb:/],
  ] as const)
    it(`MONGODB_URI=${uri} › refused: ${lacks.source}`, () => {
      const [problem] = problemsOf({ ...production(), MONGODB_URI: uri });
      assert.equal(problem?.name, 'MONGODB_URI');
      assert.match(problem?.message ?? '', lacks);
    });

  for (const option of [
    'tls.rejectUnauthorized=false',
    'opportunisticTLS=true',
    'requireTLS=false',
    'requireTLS=0',
  ])
    it(`SMTP_URL with ${option} › refused`, () => {
      const url = `smtp://crm:mail@mail.example.com:587?${option}`;
      assert.deepEqual(namesOf({ ...production(), SMTP_URL: url }), ['SMTP_URL']);
    });

  it('smtp:// › starts, and requires STARTTLS unless SMTP_URL is accepted as insecure', () => {
    const env = { ...production(), SMTP_URL: 'smtp://crm:mail@mail.example.com:587' };
    assert.equal(loadConfig(env).mail.requiresTls, true);
    assert.equal(loadConfig({ ...env, INSECURE_SETTINGS: 'SMTP_URL' }).mail.requiresTls, false);
    assert.equal(loadConfig(testEnvironment()).mail.requiresTls, false);
  });

  it('a Temporal API key › needs no TEMPORAL_TLS, but never goes without TLS', () => {
    const env = { ...production(), TEMPORAL_API_KEY: 'key', TEMPORAL_TLS: '' };
    assert.equal(loadConfig(env).temporal.tls, true);
    const off = { ...env, TEMPORAL_TLS: 'false', INSECURE_SETTINGS: 'TEMPORAL_TLS' };
    assert.deepEqual(namesOf(off), ['TEMPORAL_TLS']);
  });

  it('NODE_TLS_REJECT_UNAUTHORIZED=0 › refused by name, names the alternative, and cannot be accepted', () => {
    const env = { ...production(), NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const [problem, ...others] = problemsOf(env);
    assert.deepEqual([problem?.name, others], ['NODE_TLS_REJECT_UNAUTHORIZED', []]);
    assert.match(problem?.message ?? '', /trust a private authority with NODE_EXTRA_CA_CERTS/);
    const accepted = { ...env, INSECURE_SETTINGS: 'NODE_TLS_REJECT_UNAUTHORIZED' };
    assert.deepEqual(namesOf(accepted), ['INSECURE_SETTINGS', 'NODE_TLS_REJECT_UNAUTHORIZED']);
    assert.deepEqual(namesOf({ ...env, NODE_TLS_REJECT_UNAUTHORIZED: '1' }), []);
    assert.deepEqual(namesOf({ ...testEnvironment(), NODE_TLS_REJECT_UNAUTHORIZED: '0' }), []);
  });

  for (const [publicUrl, domain, reason] of [
    ['https://crm.example.com', 'com', /public suffix/],
    ['https://crm.example.co.uk', 'co.uk', /public suffix/],
    ['https://crm.github.io', 'github.io', /public suffix/],
    ['https://crm.example.com', '.com', /public suffix/],
    ['https://crm.example.com', 'example.org', /must be the host of PUBLIC_URL \(crm\.example\.com\)/],
    ['https://crm.example.com', 'api.crm.example.com', /must be the host of PUBLIC_URL/],
    ['https://crm.example.com', 'ample.com', /must be the host of PUBLIC_URL/],
    ['https://crm.example.com', 'https://example.com', /must be a host name/],
    ['https://crm.example.com', 'example.com:443', /must be a host name/],
    ['https://crm.example.com', '*.example.com', /must be a host name/],
  ] as const)
    it(`COOKIE_DOMAIN=${domain} at ${publicUrl} › refused: ${reason.source}`, () => {
      const problems = problemsOf({ ...production(), PUBLIC_URL: publicUrl, COOKIE_DOMAIN: domain });
      assert.deepEqual([...new Set(problems.map(({ name }) => name))], ['COOKIE_DOMAIN']);
      assert.ok(
        problems.some(({ message }) => reason.test(message)),
        JSON.stringify(problems),
      );
    });

  for (const domain of ['', 'crm.example.com', 'example.com', '.example.com', 'EXAMPLE.com'])
    it(`COOKIE_DOMAIN=${domain} at https://crm.example.com › starts`, () =>
      assert.deepEqual(namesOf({ ...production(), COOKIE_DOMAIN: domain }), []));

  for (const pattern of [
    'https://*.example.com',
    'https://app.*',
    'https://app.example.com,https://*',
    'https://app$',
  ])
    it(`CORS_ORIGINS=${pattern} › refused everywhere, because a pattern never matches`, () => {
      for (const env of [production(), testEnvironment()]) {
        const problems = problemsOf({ ...env, CORS_ORIGINS: pattern });
        assert.deepEqual(
          problems.map(({ name }) => name),
          ['CORS_ORIGINS'],
        );
        assert.match(problems[0]?.message ?? '', /a pattern such as .* never matches, so list each origin/);
      }
    });

  it('CORS_ORIGINS › several whole origins, ports and addresses › start', () => {
    const origins =
      'https://app.example.com,https://app.example.com:8443,https://xn--mller-kva.example,https://[::1]:3000';
    assert.deepEqual(namesOf({ ...production(), CORS_ORIGINS: origins }), []);
  });

  it('.env.example › names each of these rules', async () => {
    const text = await readFile('.env.example', 'utf8');
    for (const rule of [
      /# Read by Node\. In production 0 is refused[^]*?\nNODE_TLS_REJECT_UNAUTHORIZED=/,
      /no public suffix such as com or co\.uk[^\n]*\nCOOKIE_DOMAIN=/,
      /a pattern such as https:\/\/\*\.example\.com is refused[^\n]*\nCORS_ORIGINS=/,
      /words, phrases, sequences and\n# repetitions are refused\.\nJWT_ACCESS_TOKEN_SECRET=/,
    ])
      assert.match(text, rule);
  });

  it('a token secret that the provider knows › refused by name', () => {
    const env = production();
    for (const shared of ['WEBHOOK_VERIFY_TOKEN', 'WHATSAPP_APP_SECRETS'])
      assert.deepEqual(namesOf({ ...env, JWT_ACCESS_TOKEN_SECRET: env[shared] ?? '' }), [
        'JWT_ACCESS_TOKEN_SECRET',
      ]);
  });
});

describe('weak secrets', () => {
  const weak: Readonly<Record<string, string>> = {
    '32 zero bytes in base64': Buffer.alloc(32).toString('base64'),
    '32 equal bytes in base64': Buffer.alloc(32, 0xa7).toString('base64'),
    'zero bytes in hex': '0'.repeat(64),
    'one character': 'x'.repeat(64),
    'a repeated word': 'abcdefgh'.repeat(8),
    'three characters repeated': 'abc'.repeat(13),
    'the digits repeated': '0123456789'.repeat(4),
    'a phrase in lower case': 'purple-rabbits-dance-under-moonlit-trees',
    'a phrase in capitals': 'PURPLE_RABBITS_DANCE_UNDER_MOONLIT_TREES',
    'names and a year': 'AcmeCorp-Prod-JWT-Key-DoNotShare-2026',
    'an address': 'MaxMustermann-Hauptstrasse-12-10115-Berlin',
    'words and a sign': 'Bakery-Doe-Berlin-Kreuzberg-2026-Token!',
    numbers: '1984-2026-1789-1066-1492-1815-2001',
    'a phrase repeated': 'correct-horse-battery-staple-correct-horse',
    'words that name the purpose': 'MySuperStrongTokenKeyForTheCrmBackend2026',
    'words with digits for letters': 'MySup3rS3cr3tJwtK3yForMyC0mpany2026',
    'words and a year': 'whatsappcrm-production-signing-key-2026',
    'a sentence of typists': 'the-quick-brown-fox-jumps-over-lazy-dogs1',
    'repeated bytes in base64': hex('deadbeef'.repeat(12)),
    'digits in order': '0123456789abcdef0123456789abcdef',
    'the alphabet': 'abcdefghijklmnopqrstuvwxyz0123456789',
    'bytes in order, in base64': Buffer.from(Array.from({ length: 48 }, (_, index) => index)).toString(
      'base64',
    ),
    'runs of characters': 'aaaaaaaabbbbbbbbccccccccddddddddeeeeeeeeffffffffgggggggghhhhhhhh',
    'a word and a number': 'password1password2password3password4',
    'the command of the example': 'openssl-rand-base64-48-openssl-rand-base64-48',
    'a placeholder': '<the-app-secret-of-your-Meta-app-0123>',
    'a sentence': 'correct horse battery staple 8 times',
    'words in another alphabet': 'пароль-пароль-секретный-ключ-для-токена',
    'keys of a keyboard': 'qwertyuiopasdfghjklzxcvbnm1234567890',
    'too short': 'k3JH9s0dPq',
  };
  const secrets = [
    'JWT_ACCESS_TOKEN_SECRET',
    'JWT_REFRESH_TOKEN_SECRET',
    'WEBHOOK_VERIFY_TOKEN',
    'WHATSAPP_APP_SECRETS',
  ];

  for (const [what, value] of Object.entries(weak))
    it(`${what} › refused as any secret in production`, () => {
      for (const name of secrets) assert.deepEqual(namesOf({ ...production(), [name]: value }), [name]);
    });

  it('CREDENTIALS_KEY › of zeros, equal, repeated or rising bytes, or a text › refused in production', () => {
    const rising = Buffer.from(Array.from({ length: 32 }, (_, index) => index + 40));
    const text = Buffer.from('my-password-is-so-good-12345678!');
    const shorter = Buffer.from('my-32-byte-key-for-credentials!!');
    for (const key of [
      Buffer.alloc(32),
      Buffer.alloc(32, 7),
      Buffer.from('0a1b2c3d'.repeat(8), 'hex'),
      rising,
      text,
      shorter,
    ])
      assert.deepEqual(namesOf({ ...production(), CREDENTIALS_KEY: key.toString('base64') }), [
        'CREDENTIALS_KEY',
      ]);
  });

  it('a sentence in base64 › refused as a secret in production', () => {
    const sentence = Buffer.from('this-is-my-super-secret-jwt-key-for-production!').toString('base64');
    for (const name of ['JWT_ACCESS_TOKEN_SECRET', 'JWT_REFRESH_TOKEN_SECRET'])
      assert.deepEqual(namesOf({ ...production(), [name]: sentence }), [name]);
  });

  it('random secrets › in hex, base64 and base64url, as keys › never refused', () => {
    for (let count = 0; count < 2_000; count += 1) {
      for (const text of [
        randomBytes(16).toString('hex'),
        randomBytes(48).toString('base64'),
        randomBytes(36).toString('base64url'),
      ])
        assert.equal(isWeakSecret(text), false, text);
      const key = randomBytes(32);
      assert.equal(isWeakKey(key), false, key.toString('hex'));
    }
  });
});
