import { randomBytes } from 'node:crypto';
import { type Config, loadConfig } from '../../src/platform/config.ts';

/** The least that an environment must have; every secret random, so that no test can rely on one. */
export const testEnvironment = (): Record<string, string> => ({
  NODE_ENV: 'test',
  JWT_ACCESS_TOKEN_SECRET: randomBytes(48).toString('base64'),
  JWT_REFRESH_TOKEN_SECRET: randomBytes(48).toString('base64'),
  CREDENTIALS_KEY: randomBytes(32).toString('base64'),
  WEBHOOK_VERIFY_TOKEN: randomBytes(24).toString('hex'),
  WHATSAPP_APP_SECRETS: randomBytes(16).toString('hex'),
});

export const testConfig = (overrides: Readonly<Record<string, string>> = {}): Config =>
  loadConfig({ ...testEnvironment(), ...overrides });
