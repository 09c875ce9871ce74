import type { ClientSession, Types } from 'mongoose';
import { mapConcurrently } from '../../../platform/concurrency.ts';
import { scopeOf, type ClientScope } from '../../../platform/mongo.ts';
import type { AgentUseCases } from './use-cases.ts';

interface Listener {
  readonly clientId: Types.ObjectId;
  readonly userId: Types.ObjectId;
  /** Set while an operator acts in a business: they are no agent of it. */
  readonly operatorAccessId?: unknown;
}

const maxConcurrentListeners = 8;

/** Keeps users connected who listen to live events. */
export const createNoteListening =
  ({ connect }: Pick<AgentUseCases, 'connect'>) =>
  async (listeners: readonly Listener[]): Promise<void> => {
    const own = listeners.filter(({ operatorAccessId }) => operatorAccessId === undefined);
    const users = [
      ...new Map(
        own.map(({ clientId, userId }) => [`${String(clientId)}:${String(userId)}`, { clientId, userId }]),
      ).values(),
    ];
    await mapConcurrently(users, maxConcurrentListeners, ({ clientId, userId }) =>
      connect(scopeOf(clientId), userId),
    );
  };

interface ChangedUser {
  readonly _id: Types.ObjectId;
  readonly status: 'active' | 'disabled';
}

/** Follows a change of a user, in its transaction: a disabled one gets no conversation and keeps none. */
export const createFollowUser =
  ({ followUser }: Pick<AgentUseCases, 'followUser'>) =>
  async (
    scope: ClientScope,
    { before, after }: { readonly before: ChangedUser; readonly after: ChangedUser },
    session: ClientSession,
  ): Promise<void> => {
    if (before.status === after.status) return;
    await followUser(scope, { userId: after._id, isActive: after.status === 'active' }, session);
  };
