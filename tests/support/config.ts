import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, loadConfig } from '../../src/app/config.ts';

/** The minimal environment; every secret is random, so that no test can rely on one. */
export const testEnvironment = (): Record<string, string> => ({
  NODE_ENV: 'test',
  JWT_ACCESS_TOKEN_SECRET: randomBytes(48).toString('base64'),
  JWT_REFRESH_TOKEN_SECRET: randomBytes(48).toString('base64'),
  CREDENTIALS_KEY: randomBytes(32).toString('base64'),
  WEBHOOK_VERIFY_TOKEN: randomBytes(24).toString('hex'),
  WHATSAPP_APP_SECRETS: randomBytes(16).toString('hex'),
});

/**
 * Metrics ports are off, so that parallel files do not collide. All requests come from one address, so limits are off;
 * their own tests set them. No mail server listens on this port, while a developer's catcher may use the default one.
 */
const quiet = {
  RATE_LIMIT_PER_MINUTE: '0',
  METRICS_PORT: '0',
  WORKER_METRICS_PORT: '0',
  // The least that bcrypt takes: a run signs up thousands of users.
  BCRYPT_COST: '4',
  SIGNUP_LIMIT_PER_HOUR: '1000000',
  SIGNUP_LIMIT_PER_DAY: '1000000',
  SMTP_URL: 'smtp://127.0.0.1:9',
  MEDIA_DIR: join(tmpdir(), `whatsapp-crm-media-${process.pid}`),
  MEDIA_MIN_FREE_MIB: '0',
};

export const testConfig = (overrides: Readonly<Record<string, string>> = {}): Config =>
  loadConfig({ ...testEnvironment(), ...quiet, ...overrides });
