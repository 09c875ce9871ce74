import type { Types } from 'mongoose';
import type { Actor } from '../../http/route.ts';
import type { Clock } from '../../platform/clock.ts';
import type { UserRole } from '../users/directory.ts';
import type { SessionRepository } from './repository.ts';

interface Dependencies {
  readonly sessions: Pick<SessionRepository, 'findLiveAcrossClients' | 'findEndedAcrossClients'>;
  readonly users: {
    findActiveAcrossClients(ids: readonly Types.ObjectId[]): Promise<readonly ActiveUser[]>;
  };
  readonly clients: {
    findActiveAcrossClients(ids: readonly Types.ObjectId[]): Promise<readonly Types.ObjectId[]>;
  };
  /** Whether an operator may still act in a client. */
  readonly isAccessLive: (actor: Actor) => Promise<boolean>;
  readonly clock: Clock;
}

export interface ActiveUser {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly role: UserRole;
}

const keyOf = (...ids: readonly (Types.ObjectId | string)[]): string => ids.map(String).join(':');

/** More sessions than end within seconds, unless a large business is deactivated. */
const maxEnded = 1_000;

export function createLiveActors({ sessions, users, clients, isAccessLive, clock }: Dependencies) {
  return {
    /**
     * Finds the actors who have lost their access: the session has ended, the user or client is not active, or the role is
     * another. Three queries for all of them, past every cache.
     */
    async findEnded(actors: readonly Actor[]): Promise<ReadonlySet<Actor>> {
      const own = actors.filter(({ operatorAccessId }) => operatorAccessId === undefined);
      const operators = actors.filter(({ operatorAccessId }) => operatorAccessId !== undefined);
      const [liveSessions, activeUsers, activeClients, ended] = await Promise.all([
        sessions.findLiveAcrossClients(unique(own.map(({ sessionId }) => sessionId)), clock.now()),
        users.findActiveAcrossClients(uniqueIds(own.map(({ userId }) => userId))),
        clients.findActiveAcrossClients(uniqueIds(own.map(({ clientId }) => clientId))),
        Promise.all(operators.map(async (actor) => ((await isAccessLive(actor)) ? [] : [actor]))),
      ]);
      const live = new Set([
        ...liveSessions.map(({ _id, clientId, userId }) => keyOf(clientId, userId, _id)),
        ...activeUsers.map(({ _id, clientId, role }) => keyOf(clientId, _id, role)),
        ...activeClients.map((id) => keyOf(id)),
      ]);
      const isLive = ({ clientId, userId, sessionId, role }: Actor): boolean =>
        [keyOf(clientId, userId, sessionId), keyOf(clientId, userId, role), keyOf(clientId)].every((key) =>
          live.has(key),
        );
      return new Set([...own.filter((actor) => !isLive(actor)), ...ended.flat()]);
    },

    /** The sessions that ended since then; null if there are more than can be named. */
    async findSessionsEnded(since: Date): Promise<ReadonlySet<string> | null> {
      const ended = await sessions.findEndedAcrossClients(since, maxEnded);
      return ended.length < maxEnded ? new Set(ended.map(({ _id }) => _id.toHexString())) : null;
    },
  };
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];

const uniqueIds = (ids: readonly Types.ObjectId[]): Types.ObjectId[] => [
  ...new Map(ids.map((id) => [id.toHexString(), id])).values(),
];
