import type { Types } from 'mongoose';
import type { Clock } from '../../../platform/clock.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { RunInTransaction } from '../../../platform/transaction.ts';
import type { ConversationAssignments } from '../../conversations/assignments.ts';
import { createDecide, type ConversationResource } from '../../conversations/resource.ts';
import type { AgentStateRepository } from '../agents/repository.ts';
import type { AssignmentPolicyDoc, AssignmentPolicyRepository } from '../policies/repository.ts';
import { type FindMembers, isMember } from '../policies/members.ts';
import { isAutomatic } from '../policies/rules.ts';

export interface AssignDeps {
  readonly agents: Pick<AgentStateRepository, 'takeTurn'>;
  readonly policies: Pick<AssignmentPolicyRepository, 'findById'>;
  readonly findMembers: FindMembers;
  readonly resource: Pick<ConversationResource, 'within'>;
  readonly assignments: Pick<ConversationAssignments, 'place'>;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
}

/** A decision of the drainer, made from what it has read. */
export interface Assigning {
  readonly conversationId: Types.ObjectId;
  readonly userId: Types.ObjectId;
  readonly policy: AssignmentPolicyDoc;
}

/** What has changed since it was read, if it is not `assigned`. */
export type AssignOutcome = 'assigned' | 'policy-changed' | 'agent-changed' | 'conversation-changed';

export type Assign = ReturnType<typeof createAssign>;

/**
 * Gives a waiting conversation to an agent: the agent's slot and the conversation, both under their conditions, in one
 * transaction. Whoever runs it at the same time, a slot is used once and a conversation is assigned once.
 */
export const createAssign =
  (deps: AssignDeps) =>
  (scope: ClientScope, { conversationId, userId, policy }: Assigning): Promise<AssignOutcome> => {
    const { agents, policies, findMembers, resource, runInTransaction, clock } = deps;
    return runInTransaction(async (session) => {
      const current = await policies.findById(scope, policy._id, session);
      if (current?.version !== policy.version || !isAutomatic(current)) return 'policy-changed';
      if (!isMember(await findMembers(scope, current, session), userId)) return 'policy-changed';
      const { change, require } = resource.within(session);
      const ref = { id: conversationId, version: undefined };
      const { queue, status, assignedAgentId } = await require(scope, ref);
      if (queue === undefined || status !== 'open' || assignedAgentId !== undefined)
        return 'conversation-changed';
      if (!(await agents.takeTurn(scope, { userId, terms: policy, now: clock.now() }, session)))
        return 'agent-changed';
      const reason = current.method === 'round-robin' ? 'round-robin' : 'least-loaded';
      await change(scope, { type: 'system' }, ref, {
        action: 'conversation.assigned',
        decide: createDecide(deps)({ assignedAgentId: userId }, { reason }),
      });
      return 'assigned';
    });
  };
