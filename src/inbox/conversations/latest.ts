import type { Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';

/** What a list shows of the latest message of a conversation. */
export interface LatestMessage {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly senderType: string;
  readonly messageType: string;
  readonly status: string;
  /** The beginning of the text that it shows; null if it shows none. */
  readonly text: string | null;
  readonly timestamp: Date;
}

/** The latest message of each conversation that has one, by the id of the conversation. */
export type FindLatestMessages = (
  scope: ClientScope,
  conversationIds: readonly Types.ObjectId[],
) => Promise<ReadonlyMap<string, LatestMessage>>;
