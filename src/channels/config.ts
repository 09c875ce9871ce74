import { defineConfig } from '../platform/config-block.ts';
import { key256 } from '../platform/config-fields.ts';

/** What encrypts the access tokens of channels. */
export const credentialsConfig = defineConfig({
  fields: { CREDENTIALS_KEY: key256() },
  toSlice: (env) => ({ key: env.CREDENTIALS_KEY }),
});
