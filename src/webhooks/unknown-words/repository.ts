import type { Connection } from 'mongoose';
import { openPlatformCollection } from '../../platform/platform-collection.ts';
import type { UnknownWord } from '../../whatsapp/known-words.ts';
import { unknownWordModel, type UnknownWordDoc } from './model.ts';

export type { UnknownWordDoc } from './model.ts';

export type UnknownWordRepository = ReturnType<typeof createUnknownWordRepository>;

export function createUnknownWordRepository(connection: Connection) {
  const words = openPlatformCollection(unknownWordModel, connection);
  return {
    /** Stores when the words were seen; the writes commute. */
    async noteSeen(seen: readonly UnknownWord[], at: Date): Promise<void> {
      if (seen.length === 0) return;
      await words.bulkWrite(
        seen.map(({ kind, word }) => ({
          updateOne: {
            filter: { _id: `${kind}:${word}` },
            update: { $set: { kind, word }, $min: { firstSeenAt: at }, $max: { lastSeenAt: at } },
            upsert: true,
          },
        })),
        { ordered: false },
      );
    },

    /** The latest seen first. */
    list: (limit: number): Promise<UnknownWordDoc[]> =>
      words.find({}).sort({ lastSeenAt: -1 }).limit(limit).toArray(),
  };
}
