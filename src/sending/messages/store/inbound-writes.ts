import type { ClientSession, Types } from 'mongoose';
import { isDuplicateKey, type ClientScope } from '../../../platform/mongo.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import type { MessageChange, MessageDoc } from './model.ts';
import { tokensOfContent } from './search.ts';

/** The latest changes of a message that are kept. WhatsApp allows edits for 15 minutes. */
const maxChanges = 20;

/** The author of a message, who alone can change it. */
export interface ChangeTarget {
  readonly providerMessageId: string;
  readonly channelId: Types.ObjectId;
  readonly contactId: Types.ObjectId;
  readonly direction: MessageDoc['direction'];
}

/**
 * What tells a message from another one: WhatsApp's id says that only within a chat, and a relay may give out an id twice.
 * Without a contact, a message of anybody; of the business, there is one of each id on a channel.
 */
export type MessageIdentity = Pick<ChangeTarget, 'providerMessageId' | 'channelId'> &
  Partial<Pick<ChangeTarget, 'contactId' | 'direction'>>;

/** A message as the provider names it: the contact of its writer may be another one by now. */
export interface WrittenIdentity extends Pick<ChangeTarget, 'providerMessageId' | 'channelId' | 'direction'> {
  readonly writerKeys: readonly string[];
}

/** Where and whose a stored message is. */
export type StoredMessage = Pick<
  MessageDoc,
  | '_id'
  | 'timestamp'
  | 'writtenAt'
  | 'direction'
  | 'channelId'
  | 'contactId'
  | 'conversationId'
  | 'awaitsOriginal'
  | 'isImported'
>;

const storedFields = {
  ...{ timestamp: 1, writtenAt: 1, direction: 1, channelId: 1, contactId: 1, conversationId: 1 },
  ...{ awaitsOriginal: 1, isImported: 1 },
} as const;

export type StoredChange =
  | { readonly kind: 'stored' | 'repeated'; readonly messageId: Types.ObjectId; readonly at: Date }
  /** The message with this id on the channel is by somebody else. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'missing' };

/** What `currentContent` decides, as conditions. */
const saysItsContent = { revokedAt: { $exists: false }, 'changes.content': { $exists: false } } as const;
const saysSomethingElse = [
  { revokedAt: { $exists: true } },
  { 'changes.content': { $exists: true } },
] as const;

/** Changes that people make to messages after sending them, in any order of arrival. */
export const createInboundWrites = (messages: TenantCollection<MessageDoc>) => ({
  ...createChangeWrites(messages),

  findStored: (scope: ClientScope, identity: MessageIdentity): Promise<StoredMessage | null> =>
    messages.findOne<StoredMessage>(scope, { ...identity }, { projection: storedFields }),

  /** The contact of the stored message that has this id and writer; of the business, of the message with this id. */
  async findContactOf(
    scope: ClientScope,
    { writerKeys, ...identity }: WrittenIdentity,
  ): Promise<Types.ObjectId | null> {
    const writer = identity.direction === 'inbound' ? { writerKeys: { $in: [...writerKeys] } } : {};
    const found = await messages.findOne(scope, { ...identity, ...writer }, { projection: { contactId: 1 } });
    return found?.contactId ?? null;
  },

  /** Throws the duplicate key error if another process has stored the message. */
  insertWithin: (scope: ClientScope, message: MessageDoc, session: ClientSession): Promise<void> =>
    messages.insertOne(scope, message, { session }),

  /** Moves a message of the backlog that arrives live into this conversation; false if that was done before. */
  async bringIn(
    scope: ClientScope,
    _id: Types.ObjectId,
    {
      conversationId,
      asksNothing,
    }: { readonly conversationId: Types.ObjectId; readonly asksNothing: boolean },
    session: ClientSession,
  ): Promise<boolean> {
    const { modifiedCount } = await messages.updateOne(
      scope,
      { _id, isImported: true },
      { $set: { conversationId, ...(asksNothing ? { asksNothing } : {}) }, $unset: { isImported: 1 } },
      { session },
    );
    return modifiedCount === 1;
  },

  /**
   * Fills in the message that an earlier change of it stands for; returns its id, or null if there is none to fill in.
   * Changes by somebody other than its author are dropped.
   */
  completeOriginal: (
    scope: ClientScope,
    original: MessageDoc & { readonly providerMessageId: string },
    session?: ClientSession,
  ): Promise<Types.ObjectId | null> => storeOriginal(messages, scope, original, session),
});

const createChangeWrites = (messages: TenantCollection<MessageDoc>) => ({
  /** Adds a change to the message of its author. The order of arrival does not matter, and repetitions change nothing. */
  async applyChange(scope: ClientScope, target: ChangeTarget, change: MessageChange): Promise<StoredChange> {
    const { at, key } = change;
    const stored = await storeChange(messages, scope, target, change);
    if (stored !== null) return { kind: 'stored', messageId: stored._id, at };
    const { providerMessageId, channelId } = target;
    const own = await messages.findOne(
      scope,
      { ...target, 'changes.key': key },
      { projection: { changes: { $elemMatch: { key } } } },
    );
    const [earlier] = own?.changes ?? [];
    if (own !== null && earlier !== undefined)
      return { kind: 'repeated', messageId: own._id, at: earlier.at };
    const found = await messages.findOne(scope, { providerMessageId, channelId }, { projection: { _id: 1 } });
    return { kind: found === null ? 'missing' : 'foreign' };
  },
});

/** Stores the original with the tokens of what it says: it is found by its edit, or no more if it was revoked. */
async function storeOriginal(
  messages: TenantCollection<MessageDoc>,
  scope: ClientScope,
  original: MessageDoc & { readonly providerMessageId: string },
  session: ClientSession | undefined,
): Promise<Types.ObjectId | null> {
  const { _id: _unused, clientId: _scope, providerMessageId, ...fields } = original;
  const { channelId, contactId, direction } = original;
  const waiting = { providerMessageId, channelId, direction, awaitsOriginal: true } as const;
  const outdated: Record<string, 1> = fields.writtenAt === undefined ? { writtenAt: 1 } : {};
  const options = { projection: { _id: 1 }, session } as const;
  // Hardly any message is edited before it arrives.
  if ((await messages.findOne(scope, waiting, options)) === null) return null;
  const own = { ...waiting, contactId };
  const $unset = { ...outdated, awaitsOriginal: 1 } as const;
  const searchTokens = tokensOfContent(fields.content);
  const completed =
    (await messages.findOneAndUpdate(
      scope,
      { ...own, ...saysItsContent },
      { $set: { ...fields, searchTokens }, $unset },
      options,
    )) ??
    (await messages.findOneAndUpdate(
      scope,
      { ...own, $or: saysSomethingElse },
      { $set: fields, $unset },
      options,
    ));
  if (completed !== null) return completed._id;
  const unchanged = { ...$unset, changes: 1, editedAt: 1, revokedAt: 1 } as const;
  const update = { $set: { ...fields, searchTokens }, $unset: unchanged };
  try {
    const foreign = await messages.findOneAndUpdate(scope, waiting, update, options);
    return foreign?._id ?? null;
  } catch (error) {
    // The original is stored already, beside a message that stands for somebody else's.
    if (session === undefined && isDuplicateKey(error)) return null;
    throw error;
  }
}

/**
 * Adds the change unless it is known, and with it the tokens that follow from it; null if there is no such message without
 * it. An edit counts only if no later one is known.
 */
async function storeChange(
  messages: TenantCollection<MessageDoc>,
  scope: ClientScope,
  target: ChangeTarget,
  change: MessageChange,
): Promise<MessageDoc | null> {
  const { kind, at, key, content } = change;
  const fresh = { ...target, 'changes.key': { $ne: key } };
  const added = {
    $push: { changes: { $each: [change], $sort: { at: 1, key: 1 } as const, $slice: -maxChanges } },
    ...(kind === 'edit' ? { $max: { editedAt: at } } : { $min: { revokedAt: at } }),
  };
  const options = { projection: { _id: 1 } } as const;
  if (kind === 'revoke')
    return messages.findOneAndUpdate(scope, fresh, { ...added, $unset: { searchTokens: 1 } }, options);
  if (content === undefined) return messages.findOneAndUpdate(scope, fresh, added, options);
  const later = { content: { $exists: true }, $or: [{ at: { $gt: at } }, { at, key: { $gt: key } }] };
  const isLatest = { revokedAt: { $exists: false }, changes: { $not: { $elemMatch: later } } };
  const isOvertaken = [{ revokedAt: { $exists: true } }, { changes: { $elemMatch: later } }];
  return (
    (await messages.findOneAndUpdate(
      scope,
      { ...fresh, ...isLatest },
      { ...added, $set: { searchTokens: tokensOfContent(content) } },
      options,
    )) ?? messages.findOneAndUpdate(scope, { ...fresh, $or: isOvertaken }, added, options)
  );
}
