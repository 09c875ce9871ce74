import { defineBaseConfig, defineConfig } from '../platform/config-block.ts';
import { key256, wholeNumber } from '../platform/config-fields.ts';
import { isWeakKey } from '../platform/secret-strength.ts';
import { defaultMaxChannels } from './store/places.ts';

export const channelsConfig = defineConfig({
  fields: { CHANNELS_MAX_PER_CLIENT: wholeNumber(defaultMaxChannels, 1, 100_000) },
  toSlice: (env) => ({ maxOfClient: env.CHANNELS_MAX_PER_CLIENT }),
});

/** The key that encrypts the access tokens and app secrets of channels. Keys of other secrets are derived from it. */
export const credentialsConfig = defineBaseConfig({
  fields: { CREDENTIALS_KEY: key256() },
  *check({ isProduction, valueOf }) {
    const key = Buffer.from(valueOf('CREDENTIALS_KEY'), 'base64');
    // Another length is reported by the field itself.
    if (isProduction && key.byteLength === 32 && isWeakKey(key))
      yield { name: 'CREDENTIALS_KEY', message: 'is not random; use openssl rand -base64 32' };
  },
  toSlice: (env) => ({ key: env.CREDENTIALS_KEY }),
});
