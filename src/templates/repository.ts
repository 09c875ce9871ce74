import type { ClientSession, Connection, Types } from 'mongoose';
import type { ClientScope } from '../platform/mongo.ts';
import { afterCursor, sortBy, type Cursor } from '../platform/pagination.ts';
import { templateModel, type TemplateDoc, type TemplateStatus } from './model.ts';

export type { TemplateDoc } from './model.ts';

export interface TemplateFilter {
  readonly status?: TemplateStatus;
  readonly channelId?: Types.ObjectId;
}

export type TemplateRepository = ReturnType<typeof createTemplateRepository>;

export function createTemplateRepository(connection: Connection) {
  const templates = templateModel(connection);
  return {
    async insertMany(
      scope: ClientScope,
      fresh: readonly TemplateDoc[],
      session?: ClientSession,
    ): Promise<void> {
      const documents = fresh.map((template) => ({ ...template, ...scope }));
      await templates.insertMany(documents, session === undefined ? {} : { session });
    },

    /** All languages of one template on a channel. */
    findByName: (scope: ClientScope, channelId: Types.ObjectId, name: string): Promise<TemplateDoc[]> =>
      templates
        .find({ channelId, name, ...scope })
        .sort({ language: 1 })
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
  };
}
