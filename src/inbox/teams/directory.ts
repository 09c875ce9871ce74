import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';

/** The users of a team, also disabled ones; null if there is no such team. */
export type FindTeamMembers = (
  scope: ClientScope,
  teamId: Types.ObjectId,
  session?: ClientSession,
) => Promise<readonly Types.ObjectId[] | null>;

/** Teams for other nouns. */
export interface TeamDirectory {
  readonly membersOf: FindTeamMembers;
  /** Keeps the team from being deleted until the transaction has ended; false if there is no such team. */
  hold(scope: ClientScope, teamId: Types.ObjectId, session: ClientSession): Promise<boolean>;
}
