import type { Types } from 'mongoose';
import type { Change } from '../../audit/resource.ts';
import type { UserDirectory } from '../../identity/users/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError, notFound } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { HoldLabels } from '../labels/holder.ts';
import type { ConversationAssignments } from './assignments.ts';
import { applyLabels, type ConversationDecision } from './decisions.ts';
import type { ConversationRecord, ConversationStatus } from './model.ts';
import type { ConversationRepository } from './repository.ts';
import { createDecide } from './resource.ts';
import { givingBack, type Person, queueing, taking } from './taking.ts';

export interface StepDeps {
  readonly users: Pick<UserDirectory, 'findById'>;
  readonly assignments: Pick<ConversationAssignments, 'place'>;
  readonly holdLabels: HoldLabels;
  readonly clock: Clock;
}

/** What a macro reads and writes of a conversation beside its steps. */
export type SteppedConversations = Pick<
  ConversationRepository,
  'findById' | 'findLive' | 'touch' | 'setLead'
>;

type Step = Change<ConversationRecord>;

/** What a user does to a conversation, as one change each: requests make one, macros several in one transaction. */
export function createSteps(deps: StepDeps) {
  const decideAs = ({ userId: by }: Person, decision: ConversationDecision): Step['decide'] =>
    createDecide(deps)(decision, { by });

  return {
    /** A unique index refuses a second live conversation with the duplicate key error, see `hasSuccessor`. */
    setStatus: (by: Person, status: ConversationStatus): Step => ({
      action: 'conversation.status-changed',
      decide: decideAs(by, { status }),
    }),

    /** Assigns it to an active user of the client; null unassigns it, `auto` lets the queue find one. */
    async assign(scope: ClientScope, by: Person, agentId: Types.ObjectId | 'auto' | null): Promise<Step> {
      if (agentId === 'auto') return queueing(deps, by);
      await assertAssignable(deps, scope, agentId);
      return { action: 'conversation.assigned', decide: decideAs(by, { assignedAgentId: agentId }) };
    },

    async take(scope: ClientScope, by: Person): Promise<Step> {
      await assertAssignable(deps, scope, by.userId);
      return taking(deps, by);
    },

    giveBack: (by: Person): Step => givingBack(deps, by),

    /** The conversation then has exactly the labels that `wanted` makes of its present ones. */
    label: (scope: ClientScope, wanted: (before: Labels) => Labels): Step => ({
      action: 'conversation.labels-replaced',
      async decide(current, session) {
        const { labels: before = [] } = current;
        const labels = wanted(before);
        await deps.holdLabels(scope, addedTo(before, labels), session);
        return applyLabels(current, labels);
      },
    }),
  };
}

type Labels = readonly Types.ObjectId[];

/** The labels that the conversation does not have yet, with their places in the request. */
const addedTo = (before: Labels, labels: Labels) =>
  labels
    .map((id, index) => ({ id, path: `body.labels.${index}` }))
    .filter(({ id }) => !before.some((had) => had.equals(id)));

async function assertAssignable(
  { users }: StepDeps,
  scope: ClientScope,
  agentId: Types.ObjectId | null,
): Promise<void> {
  if (agentId === null) return;
  const agent = await users.findById(scope, agentId);
  if (agent === null) throw notFound('user');
  if (agent.status === 'active') return;
  throw new AppError('invalid-input', 'The conversation cannot be assigned to this user.', {
    errors: [{ path: 'body.agentId', message: 'The user is not active.' }],
  });
}

/** The error for reopening a closed thread beside a live one, which it names. */
export async function hasSuccessor(
  conversations: Pick<ConversationRepository, 'findById' | 'findLive'>,
  scope: ClientScope,
  id: Types.ObjectId,
): Promise<AppError> {
  const closed = await conversations.findById(scope, id);
  const live =
    closed === null
      ? null
      : await conversations.findLive(scope, { channelId: closed.channelId, contactId: closed.contactId });
  if (live === null) {
    const detail = 'Another conversation of the contact on this channel was just closed. Try again.';
    return new AppError('wrong-state', detail);
  }
  const conversationId = live._id.toHexString();
  const detail = `The contact has the open or pending conversation ${conversationId} on this channel.`;
  return new AppError('wrong-state', detail, { extensions: { state: 'closed', conversationId } });
}
