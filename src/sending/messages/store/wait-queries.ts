import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import type { MessageDoc } from './model.ts';

type Dated = Pick<MessageDoc, '_id' | 'timestamp'>;

const dated = { projection: { timestamp: 1 } } as const;

/** Answers that never left, or have not been due yet, answer nothing. */
const notLeft = ['failed', 'canceled', 'expired', 'scheduled'] as const;

/** Who waits for whom in a conversation. */
export const createWaitQueries = (messages: TenantCollection<MessageDoc>) => ({
  /** When the contact wrote the first message that no person of the business has answered; null if there is none. */
  async findOpenWait(
    scope: ClientScope,
    conversationId: Types.ObjectId,
    session?: ClientSession,
  ): Promise<Date | null> {
    const answer = await messages.findOne<Dated>(
      scope,
      {
        ...{ conversationId, direction: 'outbound', senderType: { $in: ['agent', 'phone'] } },
        ...{ messageType: { $ne: 'reaction' }, status: { $nin: [...notLeft] } },
      },
      { ...dated, sort: { timestamp: -1, _id: -1 }, session },
    );
    const waiting = await messages.findOne<Dated>(
      scope,
      {
        ...{ conversationId, direction: 'inbound', senderType: 'contact' },
        ...{ messageType: { $nin: ['reaction', 'call'] }, 'survey.part': { $ne: 'score' } },
        ...(answer === null ? {} : { timestamp: { $gt: answer.timestamp } }),
      },
      { ...dated, sort: { timestamp: 1, _id: 1 }, session },
    );
    return waiting?.timestamp ?? null;
  },
});
