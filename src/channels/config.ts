import { defineConfig } from '../platform/config-block.ts';
import { key256 } from '../platform/config-fields.ts';

/** The key that encrypts the access tokens and app secrets of channels. */
export const credentialsConfig = defineConfig({
  fields: { CREDENTIALS_KEY: key256() },
  toSlice: (env) => ({ key: env.CREDENTIALS_KEY }),
});
