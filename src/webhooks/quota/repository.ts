import type { Connection } from 'mongoose';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import { webhookUsageModel } from './model.ts';

export interface UsageReservation {
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
      { day, bytes, maxBytes, expiresAt }: UsageReservation,
    ): Promise<boolean> {
      if (bytes > maxBytes) return false;
      try {
        await usage.upsertOne(
          scope,
          { day, bytes: { $lte: maxBytes - bytes } },
          { $inc: { bytes }, $setOnInsert: { expiresAt } },
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
