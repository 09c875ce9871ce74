import type { Connection, mongo } from 'mongoose';
import { openPlatformCollection } from '../platform/platform-collection.ts';
import { webhookEventModel, type WebhookEventDoc } from './model.ts';
import { largeSourcesOfSeveral, sourcesOfSeveral, type OwnEvents } from './source.ts';

export type UnreadRepository = ReturnType<typeof createUnreadRepository>;

/** The unread events that may hold an opt-out, by the persons whom they name (`persons.ts`). */
export function createUnreadRepository(connection: Connection) {
  const events = openPlatformCollection(webhookEventModel, connection);

  const exists = async (filter: mongo.Filter<WebhookEventDoc>): Promise<boolean> => {
    const found = await events.findOne(filter, { projection: { _id: 1 }, hint: 'unread' });
    return found !== null;
  };

  return {
    /** Across all tenants: whether any names one of these persons. */
    existsAcrossClients: (persons: readonly string[]): Promise<boolean> => exists(unreadOf(persons)),

    /** Whether one of the business does. The events of others are not read: their sources are in the index. */
    existsAmong: (persons: readonly string[], { sources, numbers }: OwnEvents): Promise<boolean> =>
      exists({
        $or: [
          { ...unreadOf(persons), source: { $in: sources } },
          { ...unreadOf(persons), source: sourcesOfSeveral, numbers: { $in: numbers } },
          { ...unreadOf(persons), source: largeSourcesOfSeveral, numbers: { $in: numbers } },
        ],
      }),
  };
}

const unreadOf = (persons: readonly string[]) => ({
  persons: { $in: persons },
  holdsSends: true as const,
  nextAttemptAt: { $exists: true },
});
