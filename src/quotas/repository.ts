import type { Connection } from 'mongoose';
import { isDuplicateKey, type ClientScope } from '../platform/mongo.ts';
import { openTenantCollection } from '../platform/tenant-collection.ts';
import { usageModel, type UsageDoc } from './model.ts';

/** Where the bytes of each part of a day are counted. */
const fields = {
  webhooks: 'bytes',
  'unverified-webhooks': 'unverifiedBytes',
  api: 'apiBytes',
  'unverified-api': 'unverifiedApiBytes',
  files: 'fileBytes',
  'unverified-files': 'unverifiedFileBytes',
} as const satisfies Record<string, keyof UsageDoc>;

/** Whose bytes are counted: those of verified channels or businesses, or of the others, which have days of their own. */
export type UsageKind = keyof typeof fields;

export interface UsageReservation {
  readonly kind: UsageKind;
  readonly day: string;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly expiresAt: Date;
}

export type UsageRepository = ReturnType<typeof createUsageRepository>;

export function createUsageRepository(connection: Connection) {
  const usage = openTenantCollection(usageModel, connection);
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
          { day, [fields[kind]]: fits },
          { $inc: { bytes: 0, [fields[kind]]: bytes }, $setOnInsert: { expiresAt } },
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
