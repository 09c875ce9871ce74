import { defineConfig } from '../platform/config-block.ts';
import { wholeNumber } from '../platform/config-fields.ts';

export const ratesConfig = defineConfig({
  fields: { PROVIDER_SENDS_PER_SECOND: wholeNumber(80, 1, 10_000) },
  /** The rate of channels that set none of their own. */
  toSlice: (env) => ({ sendsPerSecond: env.PROVIDER_SENDS_PER_SECOND }),
});
