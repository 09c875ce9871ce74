import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';

/** What refers to teams. */
export interface TeamDependents {
  /** The assignment policies that give conversations to the team. */
  policiesOf(
    scope: ClientScope,
    teamId: Types.ObjectId,
    session: ClientSession,
  ): Promise<readonly TeamPolicy[]>;
  /** Follows a change of the members, in its transaction. */
  follow(scope: ClientScope, teamId: Types.ObjectId, session: ClientSession): Promise<void>;
}

export interface TeamPolicy {
  readonly _id: Types.ObjectId;
  readonly name: string;
}
