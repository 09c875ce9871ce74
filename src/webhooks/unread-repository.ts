import type { Connection, mongo } from 'mongoose';
import { openPlatformCollection } from '../platform/platform-collection.ts';
import { whoeverIsQuoted } from './holds.ts';
import { webhookEventModel, type WebhookEventDoc } from './model.ts';
import { largeSourcesOfSeveral, sourcesOfSeveral, type OwnEvents } from './source.ts';

export type UnreadRepository = ReturnType<typeof createUnreadRepository>;

/** Who is asked about. */
export interface HeldPerson {
  /** Those of `Hold.person` that mean the person. */
  readonly persons: readonly string[];
  /** The keys of all identities that are known to be the person's. */
  readonly known: readonly string[];
}

/** More messages of one business, quoted and unread, than a moment has. */
const maxQuoting = 100;

/** The unread events that hold what is sent to persons (`holds.ts`). */
export function createUnreadRepository(connection: Connection) {
  const events = openPlatformCollection(webhookEventModel, connection);

  const exists = async (filter: mongo.Filter<WebhookEventDoc>): Promise<boolean> => {
    const found = await events.findOne(filter, { projection: { _id: 1 }, hint: 'unread' });
    return found !== null;
  };

  return {
    /** Across all tenants: whether any holds this person. */
    existsAcrossClients: (person: HeldPerson): Promise<boolean> => exists(holding(person)),

    /** Whether one of the business does. The events of others are not read: their sources are in the index. */
    existsAmong: (person: HeldPerson, own: OwnEvents): Promise<boolean> =>
      exists(among(holding(person), own)),

    /** The ids of the messages that events of the business quote; null if too many events do. */
    async quotedIn(own: OwnEvents): Promise<readonly string[] | null> {
      const found = await events
        .find(among(holding({ persons: [whoeverIsQuoted], known: [] }), own))
        .hint('unread')
        .limit(maxQuoting + 1)
        .project<Pick<WebhookEventDoc, 'quotes'>>({ quotes: 1 })
        .toArray();
      return found.length > maxQuoting ? null : [...new Set(found.flatMap(({ quotes = [] }) => quotes))];
    },
  };
}

const holding = ({ persons, known }: HeldPerson) => ({
  holds: { $elemMatch: { person: { $in: persons }, unless: { $nin: known } } },
  holdsSends: true as const,
  nextAttemptAt: { $exists: true },
});

const among = (filter: ReturnType<typeof holding>, { sources, numbers }: OwnEvents) => ({
  $or: [
    { ...filter, source: { $in: sources } },
    { ...filter, source: sourcesOfSeveral, numbers: { $in: numbers } },
    { ...filter, source: largeSourcesOfSeveral, numbers: { $in: numbers } },
  ],
});
