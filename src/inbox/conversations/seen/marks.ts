import type { ClientSession, Types } from 'mongoose';
import type { UserDirectory } from '../../../identity/users/directory.ts';
import type { Clock } from '../../../platform/clock.ts';
import { newId } from '../../../platform/ids.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import { toPage, type Cursor, type Page } from '../../../platform/pagination.ts';
import { compareOrder } from '../order.ts';
import type { FoundMessage } from '../readable-messages.ts';
import type { SeenMarkDoc, SeenMarkRepository } from './repository.ts';

interface SeenMarkDeps {
  readonly marks: SeenMarkRepository;
  readonly clock: Clock;
}

export type SeenMarks = ReturnType<typeof createSeenMarks>;

/** Who has seen a conversation up to which message. */
export function createSeenMarks({ marks, clock }: SeenMarkDeps) {
  return {
    /** Notes that the user has seen the message and all before it, in the transaction of a read; an older one changes nothing. */
    async note(
      scope: ClientScope,
      { conversationId, userId }: Pick<SeenMarkDoc, 'conversationId' | 'userId'>,
      message: FoundMessage,
      session: ClientSession,
    ): Promise<void> {
      const known = await marks.find(scope, { conversationId, userId }, session);
      const { ordinal, timestamp } = message;
      const seen = { lastSeenMessageId: message._id, place: { ordinal, timestamp }, at: clock.now() };
      if (known === null) {
        await marks.insert(scope, { _id: newId(), ...scope, conversationId, userId, ...seen }, session);
      } else if (compareOrder({ ...known.place, arrival: 0 }, message) < 0) {
        await marks.move(scope, known._id, seen, session);
      }
    },

    /** The last message that the user has seen of each of these conversations, by the id of the conversation. */
    async seenBy(
      scope: ClientScope,
      userId: Types.ObjectId,
      conversationIds: readonly Types.ObjectId[],
    ): Promise<ReadonlyMap<string, Types.ObjectId>> {
      const found = await marks.findMany(scope, userId, conversationIds);
      return new Map(
        found.map(({ conversationId, lastSeenMessageId }) => [
          conversationId.toHexString(),
          lastSeenMessageId,
        ]),
      );
    },
  };
}

/** A mark with the name of its user; null if the business has no such user any more. */
export interface NamedSeenMark {
  readonly mark: SeenMarkDoc;
  readonly name: string | null;
}

interface SeenListDeps {
  readonly marks: Pick<SeenMarkRepository, 'listOf'>;
  readonly users: Pick<UserDirectory, 'namesOf'>;
}

/** A page of the users who have seen a conversation. */
export async function listSeen(
  { marks, users }: SeenListDeps,
  scope: ClientScope,
  conversationId: Types.ObjectId,
  { limit, after }: { readonly limit: number; readonly after: Cursor<string> | null },
): Promise<Page<NamedSeenMark>> {
  const found = await marks.listOf(scope, conversationId, { limit: limit + 1, after: after?.id ?? null });
  const page = toPage(found, limit, ({ userId }) => ({ key: userId.toHexString(), id: userId }));
  const names = await users.namesOf(
    scope,
    page.items.map(({ userId }) => userId),
  );
  return {
    ...page,
    items: page.items.map((mark) => ({ mark, name: names.get(mark.userId.toHexString()) ?? null })),
  };
}
