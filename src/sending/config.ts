import { defineConfig, type SliceOf } from '../platform/config-block.ts';
import { milliseconds } from '../platform/config-fields.ts';

export const messagesConfig = defineConfig({
  fields: {
    SWEEP_INTERVAL_MS: milliseconds(30_000),
    SWEEP_OLDER_THAN_MS: milliseconds(60_000),
    RECEIPT_DEADLINE_MS: milliseconds(72 * 3_600_000),
    DISPATCH_TTL_MS: milliseconds(24 * 3_600_000),
  },
  toSlice: (env) => ({
    sweepIntervalMs: env.SWEEP_INTERVAL_MS,
    sweepOlderThanMs: env.SWEEP_OLDER_THAN_MS,
    receiptDeadlineMs: env.RECEIPT_DEADLINE_MS,
    dispatchTtlMs: env.DISPATCH_TTL_MS,
  }),
});

export type MessagesConfig = SliceOf<typeof messagesConfig>;
