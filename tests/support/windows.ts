import { Types } from 'mongoose';
import type { ConversationDoc } from '../../src/inbox/conversations/repository.ts';
import type { TestApi } from './api.ts';

/** Sets the end of a conversation's customer service window to this time from now, as an inbound message would. */
export async function setWindow(
  api: Pick<TestApi, 'collection'>,
  conversationId: string,
  closesInMs: number,
): Promise<Date> {
  const windowExpiresAt = new Date(Date.now() + closesInMs);
  await api
    .collection<ConversationDoc>('conversations')
    .updateOne({ _id: new Types.ObjectId(conversationId) }, { $set: { windowExpiresAt } });
  return windowExpiresAt;
}
