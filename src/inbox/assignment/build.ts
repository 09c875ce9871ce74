import type { AuditService } from '../../audit/service.ts';
import type { ChannelDirectory } from '../../channels/directory.ts';
import type { UserDirectory } from '../../identity/users/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import { createLease } from '../../platform/leases/lease.ts';
import type { Logger } from '../../platform/logger.ts';
import type { ClientScope, MongoConnection } from '../../platform/mongo.ts';
import { combineTables } from '../../platform/registry.ts';
import type { Timers } from '../../timers/timers.ts';
import type { ConversationDeadlines } from '../conversations/deadlines.ts';
import type { QueuedConversations } from '../conversations/queue.ts';
import type { FollowClosing } from '../conversations/closings.ts';
import { createConversationResource } from '../conversations/resource.ts';
import type { FollowSnooze } from '../conversations/snooze-timers.ts';
import type { HoldLabels } from '../labels/holder.ts';
import type { TeamDirectory } from '../teams/directory.ts';
import { createRecount } from './agents/recount.ts';
import { createAgentStateRepository } from './agents/repository.ts';
import { createFollowUser, createNoteListening } from './agents/signals.ts';
import { createSlots } from './agents/slots.ts';
import { createAgentUseCases } from './agents/use-cases.ts';
import { createReceiveArrival } from './arrivals.ts';
import { backlogTimer, createBacklogHandlers } from './backlog.ts';
import { createPlacements } from './placements.ts';
import { createFindMembers } from './policies/members.ts';
import { createAssignmentPolicyRepository } from './policies/repository.ts';
import { createAssignmentPolicyUseCases } from './policies/use-cases.ts';
import { createAssign } from './queue/assign.ts';
import { createDrain } from './queue/drain.ts';
import { createDrainer } from './queue/drainer.ts';
import { createListQueues } from './queue/queues.ts';
import { createQueueWakeRepository } from './queue/repository.ts';
import { createReturnHandlers, type FindWait } from './returns.ts';
import { createTeamDependents } from './team-dependents.ts';

export interface AssignmentDeps {
  readonly mongo: MongoConnection;
  readonly conversations: QueuedConversations;
  readonly deadlines: Pick<ConversationDeadlines, 'followStatus'>;
  readonly followSnooze: FollowSnooze;
  readonly followClosing: FollowClosing;
  readonly teams: TeamDirectory;
  readonly findWait: FindWait;
  readonly timers: Pick<Timers, 'arm'>;
  readonly audit: AuditService;
  readonly clock: Clock;
}

interface PolicyDeps {
  readonly channels: Pick<ChannelDirectory, 'findById'>;
  readonly users: Pick<UserDirectory, 'findById'>;
  readonly holdLabels: HoldLabels;
}

const leaseMs = 5_000;

/** Assignment: policies, the presence and slots of agents, and the queue of conversations that wait for one. */
export function buildAssignment(deps: AssignmentDeps) {
  const { mongo, conversations, deadlines, followSnooze, followClosing, teams, findWait, timers, audit } =
    deps;
  const { clock } = deps;
  const findMembers = createFindMembers(teams.membersOf);
  const policies = createAssignmentPolicyRepository(mongo);
  const agents = createAgentStateRepository(mongo);
  const wakes = createQueueWakeRepository(mongo);
  const slots = createSlots({ agents, conversations, clock });
  const assignments = createPlacements({ policies, agents, slots, wakes, timers, clock });
  const resource = createConversationResource({
    ...{ conversations, deadlines, followSnooze, followClosing, assignments, audit, clock },
  });
  const presence = createAgentUseCases({ agents, slots, wakes, timers, audit, clock });
  const { runInTransaction } = audit;
  const assign = createAssign({
    agents,
    policies,
    findMembers,
    resource,
    assignments,
    runInTransaction,
    clock,
  });
  const drain = createDrain({ policies, agents, conversations, findMembers, assign, clock });
  const leaseOf = (scope: ClientScope) =>
    createLease({ connection: mongo, name: `assignment:${scope.clientId.toHexString()}`, leaseMs, clock });
  return {
    assignments,
    /** The decisions about conversations, with what they mean for the queue. */
    resource,
    presence,
    followUser: createFollowUser(presence),
    noteListening: createNoteListening(presence),
    receive: createReceiveArrival({
      ...{ policies, agents, findMembers, conversations, resource, assignments },
      ...{ slots, wakes, timers, clock },
    }),
    timerHandlers: combineTables(
      createReturnHandlers({
        ...{ policies, agents, presence, conversations, resource, assignments, findWait },
        ...{ timers, audit, clock },
      }),
      createBacklogHandlers({ policies, conversations, wakes, findWait, runInTransaction, clock }),
    ),

    /** Of one process. */
    drainer: (logger: Pick<Logger, 'error'>) => createDrainer({ wakes, drain, leaseOf, clock, logger }),

    recount: (onCorrected?: (slots: number) => void) =>
      createRecount({
        ...{ agents, conversations, wakes, runInTransaction, clock },
        lease: createLease({ connection: mongo, name: 'agent-recount', leaseMs: 30_000, clock }),
        ...(onCorrected === undefined ? {} : { onCorrected }),
      }),

    teamDependents: createTeamDependents({ policies, wakes, clock }),

    listQueues: createListQueues({ policies, agents, conversations, findMembers, clock }),

    policyUseCases: ({ channels, users, holdLabels }: PolicyDeps) =>
      createAssignmentPolicyUseCases({
        ...{ policies, channels, users, holdLabels, teams, audit, clock },
        async follow(scope, subjectId, session) {
          const now = clock.now();
          await wakes.wake(scope, now, session);
          await timers.arm(scope, { kind: backlogTimer, subjectId, dueAt: now }, session);
        },
      }),
  };
}
