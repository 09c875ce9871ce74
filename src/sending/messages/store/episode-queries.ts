import type { FindEpisode } from '../../../inbox/surveys/sends.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../../platform/tenant-queries.ts';
import { unsentStatuses, type MessageStatus } from '../lifecycle.ts';
import { answers, asks } from './last-words-queries.ts';
import type { MessageDoc } from './model.ts';

const found = { projection: { _id: 1 } } as const;
const waits: MessageStatus[] = unsentStatuses.filter((status) => status !== 'scheduled');

/** What was said in one episode of a conversation: the index of its messages ends each query at its first match. */
export const createEpisodeQueries = (messages: TenantCollection<MessageDoc>) =>
  ({
    async findEpisode(scope, { conversationId, contactId, since }) {
      const after = since === null ? {} : { timestamp: { $gt: since } };
      const has = async (filter: ScopedFilter<MessageDoc>): Promise<boolean> =>
        (await messages.findOne(scope, { conversationId, ...filter, ...after }, found)) !== null;
      const waiting = { contactId, senderType: 'agent', status: { $in: waits } } as const;
      const [hasContactWritten, isAnswered, isAnswerWaiting] = await Promise.all([
        has(asks),
        has(answers),
        has(waiting),
      ]);
      return { hasContactWritten, isAnswered, isAnswerWaiting };
    },
  }) satisfies { readonly findEpisode: FindEpisode };
