import type { Connection } from 'mongoose';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import { webhookUsageModel } from './model.ts';

/** Whose bytes are counted: those of verified channels, or of the others. */
export const usageKinds = ['verified', 'unverified'] as const;
export type UsageKind = (typeof usageKinds)[number];

export interface UsageReservation {
  readonly kind: UsageKind;
  readonly day: string;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly expiresAt: Date;
}

export type WebhookUsageRepository = ReturnType<typeof createWebhookUsageRepository>;

export function createWebhookUsageRepository(connection: Connection) {
  const usage = openTenantCollection(webhookUsageModel, connection);
  return {
    /** Reserves bytes of a day; false if they would exceed its maximum, whoever else reserves at the same time. */
    async reserve(
      scope: ClientScope,
      { kind, day, bytes, maxBytes, expiresAt }: UsageReservation,
    ): Promise<boolean> {
      if (bytes > maxBytes) return false;
      try {
        // A missing number counts as 0.
        const fits = { $not: { $gt: maxBytes - bytes } };
        await usage.upsertOne(
          scope,
          kind === 'verified' ? { day, bytes: fits } : { day, unverifiedBytes: fits },
          {
            $inc: kind === 'verified' ? { bytes } : { bytes: 0, unverifiedBytes: bytes },
            $setOnInsert: { expiresAt },
          },
        );
        return true;
      } catch (error) {
        // The day exists and has too few bytes left, so the unique index refuses the insert.
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },
  };
}
