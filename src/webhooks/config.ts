import { checkStrength, defineConfig, type SliceOf } from '../platform/config-block.ts';
import { secret, wholeNumber } from '../platform/config-fields.ts';

const megabyte = 1024 * 1024;
/** A limit below the largest body would refuse that body for ever. */
const largestBodyMb = 4;
/** What the largest body of a phone's backlog becomes, 9,000 messages, with some room. */
const largestStoredMb = 64;
const dayMs = 24 * 60 * 60 * 1_000;

export const webhookConfig = defineConfig({
  fields: {
    WEBHOOK_VERIFY_TOKEN: secret(),
    WEBHOOK_MAX_QUEUED: wholeNumber(5_000, 1, 1_000_000),
    WEBHOOK_CHANNEL_REQUESTS_PER_MINUTE: wholeNumber(30_000, 1, 10_000_000),
    WEBHOOK_CHANNEL_MB_PER_MINUTE: wholeNumber(64, largestBodyMb, 1_000_000),
    WEBHOOK_CLIENT_MB_PER_DAY: wholeNumber(4_096, largestStoredMb, 1_000_000_000),
    WEBHOOK_UNVERIFIED_MB_PER_DAY: wholeNumber(16, 1, 1_000_000_000),
    WEBHOOK_UNKNOWN_KEYS_PER_MINUTE: wholeNumber(600, 1, 10_000_000),
    WEBHOOK_DEAD_LETTER_DAYS: wholeNumber(8, 3, 365),
  },
  check: ({ isProduction, valueOf }) =>
    isProduction ? checkStrength('WEBHOOK_VERIFY_TOKEN', [valueOf('WEBHOOK_VERIFY_TOKEN')]) : [],
  toSlice: (env) => ({
    verifyToken: env.WEBHOOK_VERIFY_TOKEN,
    maxQueued: env.WEBHOOK_MAX_QUEUED,
    channelLimits: {
      requestsPerMinute: env.WEBHOOK_CHANNEL_REQUESTS_PER_MINUTE,
      bytesPerMinute: env.WEBHOOK_CHANNEL_MB_PER_MINUTE * megabyte,
      unknownKeysPerMinute: env.WEBHOOK_UNKNOWN_KEYS_PER_MINUTE,
    },
    bytesPerDay: {
      verified: env.WEBHOOK_CLIENT_MB_PER_DAY * megabyte,
      unverified: env.WEBHOOK_UNVERIFIED_MB_PER_DAY * megabyte,
    },
    deadLetterMs: env.WEBHOOK_DEAD_LETTER_DAYS * dayMs,
  }),
});

export type WebhookConfig = SliceOf<typeof webhookConfig>;
