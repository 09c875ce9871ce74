import type { ClientSession, Types } from 'mongoose';
import { createResource, type Resource } from '../../../audit/resource.ts';
import type { AuditActor, AuditService } from '../../../audit/service.ts';
import type { Recorded } from '../../../audit/written.ts';
import type { NewEvent } from '../../../events/declare.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { Timers } from '../../../timers/timers.ts';
import type { QueueWakeRepository } from '../queue/repository.ts';
import { connectionMs, effectivePresence, isConnected, type Presence } from './presence.ts';
import { firstState, type AgentStateDoc, type AgentStateRepository } from './repository.ts';
import type { Slots } from './slots.ts';

export type { AgentStateDoc } from './repository.ts';

/** Fires when a connection may be over, or when what an agent has may return to the queue. */
export const presenceTimer = 'agent.presence';

export interface AgentDeps {
  readonly agents: AgentStateRepository;
  readonly slots: Pick<Slots, 'ensure'>;
  readonly wakes: Pick<QueueWakeRepository, 'wake'>;
  readonly timers: Pick<Timers, 'arm'>;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export type AgentUseCases = ReturnType<typeof createAgentUseCases>;
export type AgentResource = Resource<AgentStateDoc>;

const system: AuditActor = { type: 'system' };

/** Whether users are there to get conversations. */
export function createAgentUseCases(deps: AgentDeps) {
  const { agents, audit, clock } = deps;
  const changeWithin = createChangeWithin(deps);
  const connectedFrom = (now: Date): Date => new Date(now.getTime() + connectionMs);

  return {
    /** The state of a user; one who has never chosen is offline. */
    get: async (scope: ClientScope, userId: Types.ObjectId): Promise<AgentStateDoc> =>
      (await agents.find(scope, userId)) ?? firstState(scope, userId, { openCount: 0, at: clock.now() }),

    list: (scope: ClientScope): Promise<AgentStateDoc[]> => agents.list(scope),

    /** The user chooses, and is connected by that. */
    choose: (
      scope: ClientScope,
      by: AuditActor & { readonly userId: Types.ObjectId },
      chosen: Presence,
    ): Promise<AgentStateDoc> =>
      audit.runInTransaction((session) => {
        const now = clock.now();
        const connectedUntil = connectedFrom(now);
        const next = (current: AgentStateDoc): AgentStateDoc =>
          current.chosen === chosen
            ? { ...current, connectedUntil }
            : { ...current, connectedUntil, chosen, chosenAt: now };
        const change = { userId: by.userId, action: 'agent.availability-chosen', next };
        return changeWithin(scope, by, change, session);
      }),

    /** The user is there: by a stream of live events, or a heartbeat. Cheap while the connection goes on. */
    async connect(scope: ClientScope, userId: Types.ObjectId): Promise<void> {
      const now = clock.now();
      const connectedUntil = connectedFrom(now);
      if (await agents.stayConnected(scope, userId, now, connectedUntil)) return;
      // A user who has never chosen gets nothing, connected or not.
      if ((await agents.find(scope, userId)) === null) return;
      const next = (current: AgentStateDoc): AgentStateDoc =>
        isConnected(current, now) ? current : { ...current, connectedUntil };
      await audit.runInTransaction((session) =>
        changeWithin(scope, system, { userId, action: 'agent.connected', next }, session),
      );
    },

    /** Sets the user's own capacity; null leaves it to the policies. */
    setCapacity: (
      scope: ClientScope,
      by: AuditActor,
      { userId, capacity }: { readonly userId: Types.ObjectId; readonly capacity: number | null },
    ): Promise<AgentStateDoc> =>
      audit.runInTransaction((session) => {
        const next = (current: AgentStateDoc) => withCapacity(current, capacity);
        return changeWithin(scope, by, { userId, action: 'agent.capacity-set', next }, session);
      }),

    /** The user was enabled or disabled, in the transaction of that change. */
    async followUser(
      scope: ClientScope,
      { userId, isActive }: { readonly userId: Types.ObjectId; readonly isActive: boolean },
      session: ClientSession,
    ): Promise<void> {
      const disabledAt = clock.now();
      const next = (current: AgentStateDoc) => withAccess(current, isActive ? null : disabledAt);
      const action = isActive ? 'agent.enabled' : 'agent.disabled';
      await changeWithin(scope, system, { userId, action, next }, session);
    },

    /** Tells clients if time has changed the presence; returns the state, null if there is none. */
    async tell(
      scope: ClientScope,
      userId: Types.ObjectId,
      session: ClientSession,
    ): Promise<AgentStateDoc | null> {
      if ((await agents.find(scope, userId, session)) === null) return null;
      const next = (current: AgentStateDoc): AgentStateDoc =>
        current.told === effectivePresence(current, clock.now()) ? current : { ...current };
      return changeWithin(scope, system, { userId, action: 'agent.disconnected', next }, session);
    },
  };
}

function withCapacity(current: AgentStateDoc, capacity: number | null): AgentStateDoc {
  if ((current.capacity ?? null) === capacity) return current;
  const { capacity: _before, ...rest } = current;
  return capacity === null ? rest : { ...rest, capacity };
}

function withAccess(current: AgentStateDoc, disabledAt: Date | null): AgentStateDoc {
  if ((disabledAt === null) === (current.disabledAt === undefined)) return current;
  const { disabledAt: _before, ...rest } = current;
  return disabledAt === null ? rest : { ...rest, disabledAt };
}

interface AgentChange {
  readonly userId: Types.ObjectId;
  readonly action: string;
  /** The same object if nothing changes. */
  readonly next: (current: AgentStateDoc) => AgentStateDoc;
}

/** Changes the state of a user in the caller's transaction, and what clients are told of it. */
function createChangeWithin(deps: AgentDeps) {
  const resource = createAgentResource(deps);
  return async (
    scope: ClientScope,
    by: AuditActor,
    { userId, action, next }: AgentChange,
    session: ClientSession,
  ): Promise<AgentStateDoc> => {
    const { _id } = await deps.slots.ensure(scope, userId, session);
    const decide = (current: AgentStateDoc): AgentStateDoc => {
      const changed = next(current);
      return changed === current
        ? current
        : { ...changed, told: effectivePresence(changed, deps.clock.now()) };
    };
    return resource.within(session).change(scope, by, { id: _id, version: undefined }, { action, decide });
  };
}

const createAgentResource = ({ agents, wakes, timers, audit, clock }: AgentDeps): AgentResource =>
  createResource<AgentStateDoc>(audit, {
    type: 'agent',
    find: agents.findById,
    replace: agents.replace,
    auditedFieldsOf: ({ chosen, capacity, disabledAt }) => ({
      chosen,
      capacity: capacity ?? null,
      disabledAt: disabledAt ?? null,
    }),
    targetOf: ({ userId }) => ({ type: 'user', id: userId }),
    eventOf: agentEventOf,
    async afterChange(scope, { after: { userId, told, connectedUntil } }, session) {
      const now = clock.now();
      if (told === 'online') await wakes.wake(scope, now, session);
      const dueAt = told === 'offline' ? now : (connectedUntil ?? now);
      await timers.arm(scope, { kind: presenceTimer, subjectId: userId, dueAt }, session);
    },
  });

/** The live event of a write. */
function agentEventOf({ after }: Recorded<AgentStateDoc>): NewEvent | null {
  if (after === null) return null;
  const { userId, chosen, told, version } = after;
  return {
    type: 'agent.updated',
    entity: { type: 'agent', id: userId },
    version,
    view: { chosen, effective: told },
  };
}
