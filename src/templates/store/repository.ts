import type { ClientSession, Connection, Model, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import { versionedUpdate } from '../../platform/update.ts';
import { afterCursor, sortBy, type Cursor } from '../../platform/pagination.ts';
import { templateModel, type TemplateDoc, type TemplateStatus } from './model.ts';
import type { TemplateChanges } from '../rules.ts';

export type { TemplateCategory, TemplateDoc, TemplateStatus } from './model.ts';

export interface TemplateFilter {
  readonly status?: TemplateStatus;
  readonly channelId?: Types.ObjectId;
}

export type TemplateRepository = ReturnType<typeof createTemplateRepository>;

/** More than the provider allows for one account. */
const mostOnChannel = 10_000;

export function createTemplateRepository(connection: Connection) {
  const templates = templateModel(connection);
  return { ...templateWrites(templates), ...templateReads(templates) };
}

const templateWrites = (templates: Model<TemplateDoc>) => ({
  async insertMany(
    scope: ClientScope,
    fresh: readonly TemplateDoc[],
    session?: ClientSession,
  ): Promise<void> {
    const documents = fresh.map((template) => ({ ...template, ...scope }));
    await templates.insertMany(documents, session === undefined ? {} : { session });
  },

  findById: (
    scope: ClientScope,
    _id: Types.ObjectId,
    session: ClientSession | null = null,
  ): Promise<TemplateDoc | null> =>
    templates
      .findOne({ _id, ...scope })
      .session(session)
      .lean<TemplateDoc>()
      .exec(),

  /** Changes what `current` was; null when somebody was faster. */
  update: (
    scope: ClientScope,
    current: TemplateDoc,
    change: TemplateChanges,
    session: ClientSession,
  ): Promise<TemplateDoc | null> =>
    templates
      .findOneAndUpdate({ _id: current._id, version: current.version, ...scope }, versionedUpdate(change), {
        returnDocument: 'after',
        session,
      })
      .lean<TemplateDoc>()
      .exec(),

  /** False when somebody changed or deleted it first. */
  async delete(scope: ClientScope, { _id, version }: TemplateDoc, session: ClientSession): Promise<boolean> {
    const { deletedCount } = await templates.deleteOne({ _id, version, ...scope }, { session });
    return deletedCount === 1;
  },
});

const templateReads = (templates: Model<TemplateDoc>) => ({
  countOn: (scope: ClientScope, channelId: Types.ObjectId, atMost: number): Promise<number> =>
    templates
      .countDocuments({ channelId, ...scope })
      .limit(atMost)
      .exec(),

  /** All languages of one template on a channel. */
  findByName: (scope: ClientScope, channelId: Types.ObjectId, name: string): Promise<TemplateDoc[]> =>
    templates
      .find({ channelId, name, ...scope })
      .sort({ language: 1 })
      .lean<TemplateDoc[]>()
      .exec(),

  findByProviderId: (
    scope: ClientScope,
    channelId: Types.ObjectId,
    providerTemplateId: string,
  ): Promise<TemplateDoc | null> =>
    templates
      .findOne({ channelId, providerTemplateId, ...scope })
      .lean<TemplateDoc>()
      .exec(),

  /** All of a channel, for the comparison with what the provider has. */
  listOn: (scope: ClientScope, channelId: Types.ObjectId): Promise<TemplateDoc[]> =>
    templates
      .find({ channelId, ...scope })
      .sort({ name: 1, language: 1 })
      .limit(mostOnChannel)
      .lean<TemplateDoc[]>()
      .exec(),

  /** By name. */
  listApproved: (scope: ClientScope, channelId: Types.ObjectId, limit: number): Promise<TemplateDoc[]> =>
    templates
      .find({ status: 'approved', channelId, ...scope })
      .sort(sortBy('name', 'ascending'))
      .limit(limit)
      .lean<TemplateDoc[]>()
      .exec(),

  /** By name; answers one more than `limit` when there are more. */
  list: (
    scope: ClientScope,
    filter: TemplateFilter,
    { limit, after }: { limit: number; after: Cursor<string> | null },
  ): Promise<TemplateDoc[]> =>
    templates
      .find({ ...filter, ...(after === null ? {} : afterCursor('name', 'ascending', after)), ...scope })
      .sort(sortBy('name', 'ascending'))
      .limit(limit + 1)
      .lean<TemplateDoc[]>()
      .exec(),
});
