import type { Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';

/** Who spoke last in a conversation, and whether anybody waits. */
export interface LastWords {
  /** When the contact last wrote something that is to be answered; null if they never did. */
  readonly askedAt: Date | null;
  /** When a person of the business last answered; null if nobody did, or the answer never left. */
  readonly answeredAt: Date | null;
  /** Our latest message; null if there is none, if it failed, or if one of ours has not left yet. */
  readonly oursAt: Date | null;
}

/** The last words in each of the conversations, by its id. Sending knows them. */
export type FindLastWords = (
  scope: ClientScope,
  conversations: readonly { readonly _id: Types.ObjectId; readonly contactId: Types.ObjectId }[],
) => Promise<ReadonlyMap<string, LastWords>>;
