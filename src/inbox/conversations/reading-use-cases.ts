import type { ClientSession, Types } from 'mongoose';
import type { AuditedWrite, AuditService } from '../../audit/service.ts';
import { notFound } from '../../platform/errors.ts';
import { retryOnDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import type { ConversationDoc, ConversationRecord, ConversationRepository } from './repository.ts';
import type { FoundMessage, ReadableMessages } from './readable-messages.ts';
import {
  afterReading,
  afterUnreading,
  maxUnreadCount,
  readUpToOf,
  shownUnread,
  type NextReading,
  type ReadingState,
} from './reading.ts';
import type { SeenMarks } from './seen/marks.ts';
import type { Person } from './taking.ts';

/** What follows when the shared read position moved on, in its transaction. */
export type FollowReading = (
  scope: ClientScope,
  conversation: ConversationDoc,
  session: ClientSession,
) => Promise<void>;

export interface ReadingDeps {
  readonly conversations: Pick<ConversationRepository, 'findById' | 'findWithHistory' | 'setReading'>;
  readonly readable: ReadableMessages;
  readonly seen: Pick<SeenMarks, 'note'>;
  readonly followReading: FollowReading;
  readonly audit: Pick<AuditService, 'audited'>;
}

/** A conversation, and the message of it that a request names. */
export interface ReadingRef {
  readonly id: Types.ObjectId;
  readonly messageId?: Types.ObjectId | undefined;
}

/**
 * Moves the shared read position. Not a decision, so the version stays. A message that arrives meanwhile writes the same
 * conversation, so one of both transactions is repeated and no message is read that nobody has seen.
 */
export const createReading = (deps: ReadingDeps) => ({
  /** Marks the messages up to one as read, all without one. An older one changes nothing but the caller's own mark. */
  read: (scope: ClientScope, by: Person, ref: ReadingRef): Promise<ConversationRecord> =>
    retryOnDuplicateKey(() =>
      changeReading(deps, scope, { by, ref, action: 'conversation.read' }, async (state, session) => {
        const { readable, seen } = deps;
        const named = await findNamed(readable, scope, ref, session);
        const last = named ?? (await readable.findLastIn(scope, ref.id, session));
        if (last !== null)
          await seen.note(scope, { conversationId: ref.id, userId: by.userId }, last, session);
        return afterReading(state, named?.arrival ?? state.lastArrival ?? 0);
      }),
    ),

  /** Marks the messages from one on as unread, the contact's last one without one. */
  unread: (scope: ClientScope, by: Person, ref: ReadingRef): Promise<ConversationRecord> =>
    changeReading(deps, scope, { by, ref, action: 'conversation.unread' }, async (state, session) => {
      const { readable } = deps;
      const from =
        (await findNamed(readable, scope, ref, session)) ??
        (await readable.findLastArrival(scope, ref.id, session));
      if (from === null) return null;
      return afterUnreading(state, await positionBefore(readable, scope, { ...from, ref }, session));
    }),
});

/** Null if the request names none; throws `not-found`. */
async function findNamed(
  readable: ReadableMessages,
  scope: ClientScope,
  { id: conversationId, messageId }: ReadingRef,
  session: ClientSession,
): Promise<FoundMessage | null> {
  if (messageId === undefined) return null;
  const found = await readable.findInConversation(scope, { conversationId, messageId }, session);
  if (found === null) throw notFound('message');
  return found;
}

async function positionBefore(
  readable: ReadableMessages,
  scope: ClientScope,
  { ref, ...from }: FoundMessage & { readonly ref: ReadingRef },
  session: ClientSession,
): Promise<number> {
  if (from.isArrival) return from.arrival - 1;
  const lowest = from.isUncounted
    ? await readable.numberEarlier(scope, { ...from, conversationId: ref.id }, session)
    : null;
  return lowest === null ? from.arrival : lowest - 1;
}

interface ReadingChange {
  readonly by: Person;
  readonly ref: ReadingRef;
  readonly action: string;
}

function changeReading(
  { conversations, readable, followReading, audit }: ReadingDeps,
  scope: ClientScope,
  { by, ref: { id }, action }: ReadingChange,
  decide: (state: ConversationDoc, session: ClientSession) => Promise<NextReading | null>,
): Promise<ConversationRecord> {
  const countOf = async (state: ReadingState, session: ClientSession): Promise<number> => {
    const positions = [{ conversationId: id, readUpTo: readUpToOf(state) }];
    const counts = await readable.countUnread(scope, positions, { atMost: maxUnreadCount, session });
    return shownUnread(state, counts.get(id.toHexString()) ?? 0);
  };
  return audit.audited(scope, by, async (session) => {
    const before = await conversations.findById(scope, id, session);
    if (before === null) throw notFound('conversation');
    const next = await decide(before, session);
    let write: AuditedWrite | null = null;
    if (next !== null) {
      await conversations.setReading(scope, id, next, session);
      if (next.readUpTo > readUpToOf(before)) await followReading(scope, { ...before, ...next }, session);
      write = {
        action,
        target: { type: 'conversation', id },
        before: { unreadCount: await countOf(before, session) },
        after: { unreadCount: await countOf({ ...before, ...next }, session) },
      };
    }
    const result = await conversations.findWithHistory(scope, id, session);
    if (result === null) throw notFound('conversation');
    return { result, write };
  });
}
