import type { Connection, Types } from 'mongoose';
import type { ClientScope } from '../platform/mongo.ts';
import {
  decodeCursor,
  toBoundedPage,
  withinPageBytes,
  type Cursor,
  type Page,
} from '../platform/pagination.ts';
import { openTenantCollection } from '../platform/tenant-collection.ts';
import type { ScopedFilter } from '../platform/tenant-queries.ts';
import { auditEventModel, type AuditEventDoc } from './model.ts';

export interface AuditFilter {
  /** The user or operator who made the change. */
  readonly actorId?: Types.ObjectId;
  readonly action?: string;
  readonly resourceId?: Types.ObjectId;
  /** From this time on. */
  readonly since?: Date;
  /** Before this time. */
  readonly until?: Date;
}

interface AuditPage {
  readonly limit: number;
  readonly after: Cursor<Date> | null;
}

const newestFirst = { at: -1, _id: -1 } as const;
const maxListMs = 5_000;

export type AuditListing = ReturnType<typeof createAuditListing>;

export function createAuditListingRepository(connection: Connection) {
  const events = openTenantCollection(auditEventModel, connection);
  return {
    /** Newest first; for `toBoundedPage`. Throws `search-too-broad`. */
    list: (scope: ClientScope, filter: AuditFilter, { limit, after }: AuditPage): Promise<AuditEventDoc[]> =>
      events.searchStages<AuditEventDoc>(
        scope,
        { ...toQuery(filter), ...placeOf(filter, after) },
        [{ $sort: newestFirst }, { $limit: limit }, ...withinPageBytes(newestFirst)],
        { maxTimeMS: maxListMs },
      ),
  };
}

export function createAuditListing(events: ReturnType<typeof createAuditListingRepository>) {
  return async (
    scope: ClientScope,
    filter: AuditFilter,
    { limit, cursor }: { readonly limit: number; readonly cursor: string | undefined },
  ): Promise<Page<AuditEventDoc>> => {
    const after = cursor === undefined ? null : decodeCursor(cursor, 'date');
    const found = await events.list(scope, filter, { limit: limit + 1, after });
    return toBoundedPage(found, limit, ({ at, _id }) => ({ key: at, id: _id }));
  };
}

const toQuery = ({ actorId, action, resourceId }: AuditFilter): ScopedFilter<AuditEventDoc> => ({
  ...(actorId === undefined ? {} : { 'actor.userId': actorId }),
  ...(action === undefined ? {} : { action }),
  ...(resourceId === undefined ? {} : { 'target.id': resourceId }),
});

/** The times of the filter, and what comes after the cursor. The bound outside the $or lets one index serve both. */
function placeOf({ since, until }: AuditFilter, after: Cursor<Date> | null): ScopedFilter<AuditEventDoc> {
  const at = {
    ...(since === undefined ? {} : { $gte: since }),
    ...(until === undefined ? {} : { $lt: until }),
    ...(after === null ? {} : { $lte: after.key }),
  };
  const isBounded = Object.keys(at).length > 0;
  return {
    ...(isBounded ? { at } : {}),
    ...(after === null ? {} : { $or: [{ at: { $lt: after.key } }, { _id: { $lt: after.id } }] }),
  };
}
