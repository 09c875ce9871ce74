import type { Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import { olderThan } from '../../../platform/listing.ts';
import type { Cursor } from '../../../platform/pagination.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../../platform/tenant-queries.ts';
import type { ContactDoc, ContactRecord } from './model.ts';

/** A filter that a segment was compiled to. */
export type SegmentCondition = Readonly<Record<string, unknown>>;

export type ContactPlace = Pick<ContactDoc, '_id' | 'createdAt'>;

export interface PlaceRange {
  readonly after: Cursor<Date> | null;
  readonly limit: number;
  readonly maxTimeMS: number;
}

/** How many contacts, and how many of them cannot be reached and why; a contact can be in several. */
export interface ContactSummary {
  readonly count: number;
  readonly optedOut: number;
  readonly blocked: number;
  readonly noAddress: number;
  readonly suspect: number;
}

const emptySummary: ContactSummary = { count: 0, optedOut: 0, blocked: 0, noAddress: 0, suspect: 0 };

const newestFirst = { createdAt: -1, _id: -1 } as const;

const asFilter = (condition: SegmentCondition) => condition as ScopedFilter<ContactRecord>;

const both = (one: SegmentCondition, other: SegmentCondition): ScopedFilter<ContactRecord> =>
  asFilter({ $and: [one, other] });

const countIf = (condition: unknown) => ({ $sum: { $cond: [condition, 1, 0] } });
const isMissing = (path: string) => ({ $lte: [`$${path}`, null] });

const summaryStage = {
  $group: {
    _id: null,
    count: { $sum: 1 },
    optedOut: countIf({ $eq: ['$optInStatus', 'opted-out'] }),
    blocked: countIf({ $eq: ['$isBlocked', true] }),
    noAddress: countIf({
      $and: [isMissing('phoneNumber'), isMissing('whatsappId'), isMissing('businessScopedUserId')],
    }),
    suspect: countIf({ $not: [isMissing('numberSuspect.at')] }),
  },
};

/** Reads by the filters of segments. Each throws `search-too-broad` when its time is up. */
export const createSegmentQueries = (contacts: TenantCollection<ContactRecord>) => ({
  /** A page of the contacts that the condition finds, newest first. */
  findPlacesWhere: (
    scope: ClientScope,
    condition: SegmentCondition,
    { after, limit, maxTimeMS }: PlaceRange,
  ): Promise<ContactPlace[]> =>
    contacts.search<ContactPlace>(scope, both(condition, after === null ? {} : olderThan(after)), {
      ...{ projection: { createdAt: 1 }, sort: newestFirst, limit, maxTimeMS },
    }),

  /** Those of the contacts that the condition finds, newest first. */
  async narrowWhere(
    scope: ClientScope,
    ids: readonly Types.ObjectId[],
    condition: SegmentCondition,
  ): Promise<Types.ObjectId[]> {
    const found = await contacts.find<ContactPlace>(scope, both({ _id: { $in: ids } }, condition), {
      ...{ projection: { createdAt: 1 }, sort: newestFirst },
    });
    return found.map(({ _id }) => _id);
  },

  /** Counts up to `limit` contacts that the condition finds; all of them without it. */
  async summariseWhere(
    scope: ClientScope,
    condition: SegmentCondition,
    { limit, maxTimeMS }: { readonly limit?: number; readonly maxTimeMS: number },
  ): Promise<ContactSummary> {
    const limiting = limit === undefined ? [] : [{ $limit: limit }];
    const stages = [...limiting, summaryStage, { $project: { _id: 0 } }];
    const [summary] = await contacts.searchStages<ContactSummary>(scope, asFilter(condition), stages, {
      maxTimeMS,
    });
    return summary ?? emptySummary;
  },
});
