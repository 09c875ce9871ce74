import type { Types } from 'mongoose';
import type { Change } from '../../audit/resource.ts';
import type { AuditActor } from '../../audit/service.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError, wrongState } from '../../platform/errors.ts';
import type { ConversationAssignments } from './assignments.ts';
import type { ConversationRecord } from './model.ts';
import { applyDecision } from './decisions.ts';
import { createDecide } from './resource.ts';

/** The user who acts. */
export type Person = Extract<AuditActor, { userId: Types.ObjectId }>;

interface TakingDeps {
  readonly assignments: Pick<ConversationAssignments, 'place'>;
  readonly clock: Clock;
}

const action = 'conversation.assigned';

/** A user takes a conversation that nobody has. */
export const taking = (deps: TakingDeps, { userId }: Person): Change<ConversationRecord> => ({
  action,
  decide(current, session) {
    const { status, assignedAgentId } = current;
    if (status === 'closed') throw wrongState('The conversation is closed.', 'closed');
    if (assignedAgentId !== undefined && !assignedAgentId.equals(userId)) throw isTaken(assignedAgentId);
    return createDecide(deps)({ assignedAgentId: userId }, { by: userId, reason: 'taken' })(current, session);
  },
});

/** A user returns a conversation that they have; it goes to somebody else. */
export const givingBack = (deps: TakingDeps, { userId }: Person): Change<ConversationRecord> => ({
  action,
  decide(current, session) {
    if (current.assignedAgentId?.equals(userId) !== true)
      throw new AppError('wrong-state', 'The conversation is not assigned to you.');
    const decided = { by: userId, reason: 'given-back', returned: { cause: 'given-back' } } as const;
    return createDecide(deps)({ assignedAgentId: null }, decided)(current, session);
  },
});

/** A user lets the queue find an agent; one who has it loses it. */
export const queueing = (deps: TakingDeps, { userId: by }: Person): Change<ConversationRecord> => ({
  action,
  async decide(before, session) {
    const { status, queue, assignedAgentId } = before;
    if (status !== 'open') throw wrongState(`The conversation is ${status}.`, status);
    if (queue !== undefined) return before;
    const at = deps.clock.now();
    const unassigned =
      assignedAgentId === undefined ? before : applyDecision(before, { assignedAgentId: null }, { at, by });
    const placing = { before, after: unassigned, at, isWanted: true } as const;
    const next = await deps.assignments.place({ clientId: before.clientId }, placing, session);
    if (next.queue !== undefined) return next;
    throw wrongState('No assignment policy is for the conversation.', 'unqueued');
  },
});

const isTaken = (agentId: Types.ObjectId): AppError =>
  wrongState(`The conversation is assigned to the user ${agentId.toHexString()}.`, 'assigned');
