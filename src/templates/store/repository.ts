import type { ClientSession, Connection, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection, type TenantCollection } from '../../platform/tenant-collection.ts';
import { afterCursor, sortBy, type Cursor } from '../../platform/pagination.ts';
import { templateModel, type TemplateDoc, type TemplateStatus } from './model.ts';

export type { TemplateCategory, TemplateDoc, TemplateStatus } from './model.ts';

export interface TemplateFilter {
  readonly status?: TemplateStatus;
  readonly channelId?: Types.ObjectId;
}

export type TemplateRepository = ReturnType<typeof createTemplateRepository>;

/** More than the provider allows for one account. */
const maxOnChannel = 10_000;

export function createTemplateRepository(connection: Connection) {
  const templates = openTenantCollection(templateModel, connection);
  return { ...templateWrites(templates), ...templateReads(templates) };
}

const templateWrites = (templates: TenantCollection<TemplateDoc>) => ({
  insertMany: (scope: ClientScope, fresh: readonly TemplateDoc[], session?: ClientSession): Promise<void> =>
    // Components may have undefined fields, which must be stored as missing, not as null.
    templates.insertMany(scope, fresh, { session, ignoreUndefined: true }),

  findById: (scope: ClientScope, _id: Types.ObjectId, session?: ClientSession): Promise<TemplateDoc | null> =>
    templates.findOne(scope, { _id }, { session }),

  /** Replaces `current` with `next`; false if another change came first. */
  replace: (
    scope: ClientScope,
    current: TemplateDoc,
    next: TemplateDoc,
    session: ClientSession,
  ): Promise<boolean> => templates.replaceVersioned(scope, current, next, session),

  /** False if another change or deletion came first. */
  delete: (scope: ClientScope, { _id, version }: TemplateDoc, session: ClientSession): Promise<boolean> =>
    templates.deleteOne(scope, { _id, version }, { session }),
});

const templateReads = (templates: TenantCollection<TemplateDoc>) => ({
  countOn: (scope: ClientScope, channelId: Types.ObjectId, atMost: number): Promise<number> =>
    templates.count(scope, { channelId }, { limit: atMost }),

  /** All languages of one template on a channel. */
  findByName: (scope: ClientScope, channelId: Types.ObjectId, name: string): Promise<TemplateDoc[]> =>
    templates.find(scope, { channelId, name }, { sort: { language: 1 } }),

  findByProviderId: (
    scope: ClientScope,
    channelId: Types.ObjectId,
    providerTemplateId: string,
  ): Promise<TemplateDoc | null> => templates.findOne(scope, { channelId, providerTemplateId }),

  /** All templates of a channel, for a sync. */
  listOn: (scope: ClientScope, channelId: Types.ObjectId): Promise<TemplateDoc[]> =>
    templates.find(scope, { channelId }, { sort: { name: 1, language: 1 }, limit: maxOnChannel }),

  /** By name. */
  listApproved: (scope: ClientScope, channelId: Types.ObjectId, limit: number): Promise<TemplateDoc[]> =>
    templates.find(scope, { status: 'approved', channelId }, { sort: sortBy('name', 'ascending'), limit }),

  /** By name; returns one more than `limit` if there are more. */
  list: (
    scope: ClientScope,
    filter: TemplateFilter,
    { limit, after }: { limit: number; after: Cursor<string> | null },
  ): Promise<TemplateDoc[]> =>
    templates.find(
      scope,
      { ...filter, ...(after === null ? {} : afterCursor('name', 'ascending', after)) },
      { sort: sortBy('name', 'ascending'), limit: limit + 1 },
    ),
});
