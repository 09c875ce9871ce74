import { checkStrength, defineConfig, type SliceOf } from '../platform/config-block.ts';
import { secret, wholeNumber } from '../platform/config-fields.ts';

export const webhookConfig = defineConfig({
  fields: { WEBHOOK_VERIFY_TOKEN: secret(), WEBHOOK_MAX_QUEUED: wholeNumber(5_000, 1, 1_000_000) },
  check: ({ isProduction, valueOf }) =>
    isProduction ? checkStrength('WEBHOOK_VERIFY_TOKEN', [valueOf('WEBHOOK_VERIFY_TOKEN')]) : [],
  toSlice: (env) => ({ verifyToken: env.WEBHOOK_VERIFY_TOKEN, maxQueued: env.WEBHOOK_MAX_QUEUED }),
});

export type WebhookConfig = SliceOf<typeof webhookConfig>;
