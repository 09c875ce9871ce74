import { Types } from 'mongoose';
import type { ConversationDoc } from '../../src/inbox/conversations/repository.ts';
import type { TestApi } from './api.ts';

/** Ends the customer service window of a conversation this long from now, as a message of the contact would. */
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
