import type { FindLastWords, LastWords } from '../../inbox/auto-closing/last-words.ts';
import { mapConcurrently } from '../../platform/concurrency.ts';
import { hasLeft } from './answers.ts';
import type { MessageListItem, MessageRepository } from './store/repository.ts';

/** Conversations that are asked about at the same time. */
const maxConcurrentQueries = 4;

/** For the inbox: who spoke last in each of many conversations. In most that are old, the contact did: one query shows it. */
export const createFindLastWords =
  (messages: Pick<MessageRepository, 'latestOf' | 'findLastWords'>): FindLastWords =>
  async (scope, conversations) => {
    const latest = await messages.latestOf(
      scope,
      conversations.map(({ _id }) => _id),
    );
    const byId = new Map(latest.map((message) => [message.conversationId.toHexString(), message]));
    const found = await mapConcurrently(
      conversations,
      maxConcurrentQueries,
      async (conversation): Promise<readonly [string, LastWords]> => {
        const id = conversation._id.toHexString();
        const last = byId.get(id);
        if (last !== undefined && isAsked(last)) return [id, onlyAsked(last.timestamp)];
        const { asked, answered, ours, unsent } = await messages.findLastWords(scope, conversation);
        const isSaid = ours !== null && unsent === null && hasLeft(ours.status);
        return [
          id,
          {
            askedAt: asked?.timestamp ?? null,
            answeredAt: answered?.timestamp ?? null,
            oursAt: isSaid ? ours.timestamp : null,
          },
        ];
      },
    );
    return new Map(found);
  };

const isAsked = ({ senderType, messageType, survey }: MessageListItem): boolean =>
  senderType === 'contact' &&
  messageType !== 'reaction' &&
  messageType !== 'call' &&
  survey?.part !== 'score';

const onlyAsked = (askedAt: Date): LastWords => ({ askedAt, answeredAt: null, oursAt: null });
