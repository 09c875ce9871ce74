import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { FindTeamMembers } from '../../teams/directory.ts';
import type { AssignmentPolicyDoc } from './model.ts';

/** The users who may get conversations by a policy; null for everybody. */
export type Members = readonly Types.ObjectId[] | null;

export type FindMembers = (
  scope: ClientScope,
  policy: Pick<AssignmentPolicyDoc, 'agentIds' | 'teamId'>,
  session?: ClientSession,
) => Promise<Members>;

/** Asked at each decision: a policy keeps no copy of its team. A team that is gone has nobody. */
export const createFindMembers =
  (membersOfTeam: FindTeamMembers): FindMembers =>
  async (scope, { agentIds, teamId }, session) => {
    if (teamId !== undefined) return (await membersOfTeam(scope, teamId, session)) ?? [];
    return agentIds.length === 0 ? null : agentIds;
  };

/** Whether the policy may give conversations to this user. */
export const isMember = (members: Members, userId: Types.ObjectId): boolean =>
  members === null || members.some((id) => id.equals(userId));
