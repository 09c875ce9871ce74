import type { ClientSession } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ConversationRecord } from './model.ts';

/** What follows when a conversation is closed, in the transaction of the change; other changes are passed over. */
export type FollowClosing = (
  scope: ClientScope,
  change: { readonly before: ConversationRecord; readonly after: ConversationRecord },
  session: ClientSession,
) => Promise<void>;
