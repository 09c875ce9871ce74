import { defineConfig } from '../platform/config-block.ts';
import { wholeNumber } from '../platform/config-fields.ts';

const megabyte = 1024 * 1024;

export const quotasConfig = defineConfig({
  fields: {
    API_CLIENT_MB_PER_DAY: wholeNumber(8_192, 1, 1_000_000_000),
    API_UNVERIFIED_MB_PER_DAY: wholeNumber(64, 1, 1_000_000_000),
  },
  toSlice: (env) => ({
    /** What the requests of one business to the API may store in a UTC day: once it has proved a number, and before. */
    apiBytesPerDay: {
      verified: env.API_CLIENT_MB_PER_DAY * megabyte,
      unverified: env.API_UNVERIFIED_MB_PER_DAY * megabyte,
    },
  }),
});
