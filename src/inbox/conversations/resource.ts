import { createResource, type Change, type Resource } from '../../audit/resource.ts';
import type { AuditService } from '../../audit/service.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ConversationAssignments, Return, Wake } from './assignments.ts';
import type { FollowClosing } from './closings.ts';
import type { ConversationDeadlines } from './deadlines.ts';
import { applyDecision, type ConversationDecision, type Decided } from './decisions.ts';
import type { ConversationRecord } from './model.ts';
import type { ConversationRepository } from './repository.ts';
import type { FollowSnooze } from './snooze-timers.ts';

interface ConversationResourceDeps {
  readonly conversations: Pick<ConversationRepository, 'findWithHistory' | 'replace'>;
  readonly deadlines: Pick<ConversationDeadlines, 'followStatus'>;
  readonly assignments: Pick<ConversationAssignments, 'follow'>;
  readonly followSnooze: FollowSnooze;
  readonly followClosing: FollowClosing;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export type ConversationResource = Resource<ConversationRecord>;

/** The decisions about conversations, of users and of the product. */
export const createConversationResource = (deps: ConversationResourceDeps): ConversationResource => {
  const { conversations, deadlines, followSnooze, followClosing, assignments, audit, clock } = deps;
  return createResource<ConversationRecord>(audit, {
    type: 'conversation',
    find: conversations.findWithHistory,
    replace: conversations.replace,
    auditedFieldsOf,
    async afterChange(scope, { before, after }, session) {
      await deadlines.followStatus(scope, { before, after, at: after.closedAt ?? clock.now() }, session);
      await followSnooze(scope, { before, after }, session);
      await followClosing(scope, { before, after }, session);
      await assignments.follow(scope, { before, after }, session);
    },
  });
};

interface DecideDeps {
  readonly assignments: Pick<ConversationAssignments, 'place'>;
  readonly clock: Clock;
}

/** What the queue must know beside the decision. */
interface Causes {
  readonly returned?: Return;
  readonly wake?: Wake;
}

/** Makes the step of a change that decides, with the place in the queue that follows. */
export const createDecide =
  ({ assignments, clock }: DecideDeps) =>
  (
    decision: ConversationDecision,
    { returned, wake, ...decided }: Omit<Decided, 'at'> & Causes,
  ): Change<ConversationRecord>['decide'] =>
  async (before, session) => {
    const at = clock.now();
    const after = applyDecision(before, decision, { at, ...decided });
    if (after === before) return before;
    const causes = {
      ...(returned === undefined ? {} : { returned }),
      ...(wake === undefined ? {} : { wake }),
    };
    const placing = { before, after, at, ...causes };
    return assignments.place({ clientId: before.clientId }, placing, session);
  };

const auditedFieldsOf = ({ status, snooze, assignedAgentId, labels = [], version }: ConversationRecord) => ({
  status,
  snoozedUntil: snooze?.until ?? null,
  untilReply: snooze?.until === null,
  labels: labels.map((id) => id.toHexString()),
  assignedAgentId: assignedAgentId ?? null,
  version,
});
