import { defineConfig } from '../platform/config-block.ts';
import { wholeNumber } from '../platform/config-fields.ts';

const megabyte = 1024 * 1024;
/** A smaller day would refuse the largest file for ever. */
const largestFileMb = 100;

export const quotasConfig = defineConfig({
  fields: {
    API_CLIENT_MB_PER_DAY: wholeNumber(8_192, 1, 1_000_000_000),
    API_UNVERIFIED_MB_PER_DAY: wholeNumber(64, 1, 1_000_000_000),
    UPLOAD_CLIENT_MB_PER_DAY: wholeNumber(20_480, largestFileMb, 1_000_000_000),
    UPLOAD_UNVERIFIED_MB_PER_DAY: wholeNumber(256, largestFileMb, 1_000_000_000),
  },
  toSlice: (env) => ({
    /** What the requests of one business to the API may store in a UTC day: once it has proved a number, and before. */
    apiBytesPerDay: {
      verified: env.API_CLIENT_MB_PER_DAY * megabyte,
      unverified: env.API_UNVERIFIED_MB_PER_DAY * megabyte,
    },
    /** The same for the files that it uploads. */
    fileBytesPerDay: {
      verified: env.UPLOAD_CLIENT_MB_PER_DAY * megabyte,
      unverified: env.UPLOAD_UNVERIFIED_MB_PER_DAY * megabyte,
    },
  }),
});
