import { randomBytes } from 'node:crypto';
import { type Config, loadConfig } from '../../src/app/config.ts';

/** The least that an environment must have; every secret random, so that no test can rely on one. */
export const testEnvironment = (): Record<string, string> => ({
  NODE_ENV: 'test',
  JWT_ACCESS_TOKEN_SECRET: randomBytes(48).toString('base64'),
  JWT_REFRESH_TOKEN_SECRET: randomBytes(48).toString('base64'),
  CREDENTIALS_KEY: randomBytes(32).toString('base64'),
  WEBHOOK_VERIFY_TOKEN: randomBytes(24).toString('hex'),
  WHATSAPP_APP_SECRETS: randomBytes(16).toString('hex'),
});

/**
 * Two at once must not want the same port for their metrics. All requests of a test come from one address, and the limits' own tests set theirs. No mail server listens there: the
 * default is where a developer's catcher may be running.
 */
const quiet = {
  RATE_LIMIT_PER_MINUTE: '0',
  METRICS_PORT: '0',
  WORKER_METRICS_PORT: '0',
  SIGNUP_LIMIT_PER_HOUR: '1000000',
  SMTP_URL: 'smtp://127.0.0.1:9',
};

export const testConfig = (overrides: Readonly<Record<string, string>> = {}): Config =>
  loadConfig({ ...testEnvironment(), ...quiet, ...overrides });
