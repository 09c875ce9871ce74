import type { Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import { unsentStatuses } from '../lifecycle.ts';
import type { MessageDoc } from './model.ts';

/** Selects messages held at a gate; undefined means all. */
export interface HeldFilter {
  readonly gate: string;
  readonly channelId: Types.ObjectId | undefined;
  readonly templateName: string | undefined;
  readonly language: string | undefined;
}

/** The messages that still need a gate, a channel or a template. */
export const createUsageQueries = (messages: TenantCollection<MessageDoc>) => ({
  /** Unfinished messages of a channel: unsent, of unknown outcome, or sent since `sentAfter` and not yet delivered. */
  async countUnfinishedOn(
    scope: ClientScope,
    channelId: Types.ObjectId,
    { sentAfter, atMost }: { sentAfter: Date; atMost: number },
  ): Promise<number> {
    const limit = { limit: atMost };
    const [waiting, underway] = await Promise.all([
      messages.count(scope, { channelId, status: { $in: [...unsentStatuses, 'unknown'] } }, limit),
      messages.count(scope, { channelId, status: 'sent', 'dispatch.startedAt': { $gte: sentAfter } }, limit),
    ]);
    return waiting + underway;
  },

  /** The messages held at a gate, oldest first, after the given one. */
  async findHeld(
    scope: ClientScope,
    held: HeldFilter,
    { after, limit }: { after: Types.ObjectId | null; limit: number },
  ): Promise<Types.ObjectId[]> {
    const found = await messages.find<Pick<MessageDoc, '_id'>>(
      scope,
      {
        'waiting.gate': held.gate,
        ...(held.channelId === undefined ? {} : { channelId: held.channelId }),
        ...(held.templateName === undefined ? {} : { templateName: held.templateName }),
        ...(held.language === undefined ? {} : { 'content.template.language.code': held.language }),
        ...(after === null ? {} : { _id: { $gt: after } }),
        status: { $in: [...unsentStatuses] },
      },
      { sort: { _id: 1 }, limit, projection: { _id: 1 } },
    );
    return found.map(({ _id }) => _id);
  },

  /** Unsent messages of a template. */
  countUnsentOf: (
    scope: ClientScope,
    template: { readonly channelId: Types.ObjectId; readonly name: string; readonly language: string },
    atMost: number,
  ): Promise<number> =>
    messages.count(
      scope,
      {
        channelId: template.channelId,
        templateName: template.name,
        'content.template.language.code': template.language,
        status: { $in: [...unsentStatuses] },
      },
      { limit: atMost },
    ),
});
