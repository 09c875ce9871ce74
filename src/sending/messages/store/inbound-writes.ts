import type { Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import type { MessageChange, MessageDoc } from './model.ts';

/** The latest changes of a message that are kept. WhatsApp allows edits for 15 minutes. */
const maxChanges = 20;

/** The author of a message, who alone can change it. */
export interface ChangeTarget {
  readonly providerMessageId: string;
  readonly channelId: Types.ObjectId;
  readonly contactId: Types.ObjectId;
  readonly direction: MessageDoc['direction'];
}

export type StoredChange =
  | { readonly kind: 'stored' | 'repeated'; readonly messageId: Types.ObjectId; readonly at: Date }
  /** The message is by somebody else. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'missing' };

/** Changes that people make to messages after sending them, in any order of arrival. */
export const createInboundWrites = (messages: TenantCollection<MessageDoc>) => ({
  /** The id and time of the stored message with this provider id. */
  findStored: (
    scope: ClientScope,
    providerMessageId: string,
  ): Promise<Pick<MessageDoc, '_id' | 'timestamp'> | null> =>
    messages.findOne<Pick<MessageDoc, '_id' | 'timestamp'>>(
      scope,
      { providerMessageId },
      { projection: { timestamp: 1 } },
    ),

  /**
   * Fills in the message that an earlier change of it stands for; returns its id, or null if there is none to fill in.
   * Changes by somebody other than its author are dropped.
   */
  async completeOriginal(
    scope: ClientScope,
    original: MessageDoc & { readonly providerMessageId: string },
  ): Promise<Types.ObjectId | null> {
    const { _id: _unused, clientId: _scope, providerMessageId, ...fields } = original;
    const { channelId, contactId } = original;
    const waiting = { providerMessageId, awaitsOriginal: true } as const;
    const options = { projection: { _id: 1 } } as const;
    const own = await messages.findOneAndUpdate(
      scope,
      { ...waiting, channelId, contactId },
      { $set: fields, $unset: { awaitsOriginal: 1 } },
      options,
    );
    if (own !== null) return own._id;
    const foreign = await messages.findOneAndUpdate(
      scope,
      waiting,
      { $set: fields, $unset: { awaitsOriginal: 1, changes: 1, editedAt: 1, revokedAt: 1 } },
      options,
    );
    return foreign?._id ?? null;
  },

  /** Adds a change to the message of its author. The order of arrival does not matter, and repetitions change nothing. */
  async applyChange(scope: ClientScope, target: ChangeTarget, change: MessageChange): Promise<StoredChange> {
    const { kind, at, key } = change;
    const stored = await messages.findOneAndUpdate(
      scope,
      { ...target, 'changes.key': { $ne: key } },
      {
        $push: { changes: { $each: [change], $sort: { at: 1, key: 1 }, $slice: -maxChanges } },
        ...(kind === 'edit' ? { $max: { editedAt: at } } : { $min: { revokedAt: at } }),
      },
      { projection: { _id: 1 } },
    );
    if (stored !== null) return { kind: 'stored', messageId: stored._id, at };
    const { providerMessageId } = target;
    const found = await messages.findOne(
      scope,
      { providerMessageId },
      { projection: { changes: { $elemMatch: { key } } } },
    );
    if (found === null) return { kind: 'missing' };
    const [earlier] = found.changes ?? [];
    return earlier === undefined
      ? { kind: 'foreign' }
      : { kind: 'repeated', messageId: found._id, at: earlier.at };
  },
});
