import type { ClientSession, Types } from 'mongoose';
import { createResource, type ResourceRef } from '../../../audit/resource.ts';
import type { AuditActor, AuditService } from '../../../audit/service.ts';
import type { ChannelDirectory } from '../../../channels/directory.ts';
import type { UserDirectory } from '../../../identity/users/directory.ts';
import type { Clock } from '../../../platform/clock.ts';
import { AppError, type Issue, valueTaken } from '../../../platform/errors.ts';
import { newId } from '../../../platform/ids.ts';
import { isDuplicateKey, type ClientScope } from '../../../platform/mongo.ts';
import { applyChange, type Change } from '../../../platform/update.ts';
import type { HoldLabels } from '../../labels/holder.ts';
import type { TeamDirectory } from '../../teams/directory.ts';
import type { AssignmentPolicyDoc, AssignmentPolicyRepository } from './repository.ts';

export type { AssignmentPolicyDoc } from './repository.ts';

export interface AssignmentPolicyDeps {
  readonly policies: AssignmentPolicyRepository;
  readonly channels: Pick<ChannelDirectory, 'findById'>;
  readonly users: Pick<UserDirectory, 'findById'>;
  readonly holdLabels: HoldLabels;
  readonly teams: Pick<TeamDirectory, 'hold'>;
  /** Lets the queue follow a change, in its transaction. */
  readonly follow: FollowPolicies;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export type FollowPolicies = (
  scope: ClientScope,
  policyId: Types.ObjectId,
  session: ClientSession,
) => Promise<void>;

type Settable = Exclude<keyof AssignmentPolicyDoc, '_id' | 'clientId' | 'createdAt' | 'version'>;

export type NewAssignmentPolicy = Pick<AssignmentPolicyDoc, Settable>;
export type AssignmentPolicyPatch = Change<AssignmentPolicyDoc, Settable>;

export type AssignmentPolicyUseCases = ReturnType<typeof createAssignmentPolicyUseCases>;

/** What admins do with assignment policies. A change counts from the next assignment on. */
export function createAssignmentPolicyUseCases(deps: AssignmentPolicyDeps) {
  const { policies, audit, follow, clock } = deps;
  const resource = createPolicyResource(deps);

  async function taken(scope: ClientScope, priority: number): Promise<AppError> {
    const existing = await policies.findByPriority(scope, priority);
    return valueTaken(`A policy with the priority ${priority} already exists.`, {
      path: 'body.priority',
      noun: 'priority',
      existing,
    });
  }

  return {
    get: (scope: ClientScope, id: Types.ObjectId): Promise<AssignmentPolicyDoc> =>
      resource.require(scope, { id, version: undefined }),

    list: (scope: ClientScope): Promise<AssignmentPolicyDoc[]> => policies.list(scope),

    async create(
      scope: ClientScope,
      by: AuditActor,
      fields: NewAssignmentPolicy,
    ): Promise<AssignmentPolicyDoc> {
      assertOneSource(fields);
      await assertNamed(deps, scope, fields);
      const fresh = { _id: newId(), ...scope, ...fields, createdAt: clock.now(), version: 1 };
      try {
        return await audit.runInTransaction(async (session) => {
          await holdNamed(deps, scope, fields, session);
          await follow(scope, fresh._id, session);
          return resource.within(session).create(scope, by, fresh);
        });
      } catch (error) {
        throw isDuplicateKey(error) ? await taken(scope, fields.priority) : error;
      }
    },

    /** Changes the given fields; null clears a field. */
    async update(
      scope: ClientScope,
      by: AuditActor,
      ref: ResourceRef,
      patch: AssignmentPolicyPatch,
    ): Promise<AssignmentPolicyDoc> {
      await assertNamed(deps, scope, patch);
      try {
        return await resource.change(scope, by, ref, {
          action: 'assignment-policy.updated',
          async decide(current, session) {
            await holdNamed(deps, scope, patch, session);
            const next = applyChange(current, patch);
            assertOneSource(next);
            return next;
          },
        });
      } catch (error) {
        const { priority } = patch;
        throw isDuplicateKey(error) && priority !== undefined && priority !== null
          ? await taken(scope, priority)
          : error;
      }
    },

    /** What waits goes by the next policy that matches. */
    remove: (scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<void> =>
      resource.remove(scope, by, ref, ({ _id }, session) => follow(scope, _id, session)),
  };
}

const createPolicyResource = ({ policies, follow, audit }: AssignmentPolicyDeps) =>
  createResource<AssignmentPolicyDoc>(audit, {
    type: 'assignment-policy',
    noun: 'assignment policy',
    find: policies.findById,
    insert: policies.insert,
    replace: policies.replace,
    remove: policies.remove,
    auditedFieldsOf: ({ _id, clientId: _scope, createdAt: _at, version: _version, ...fields }) => fields,
    afterChange: (scope, { after: { _id } }, session) => follow(scope, _id, session),
  });

/** Throws with every channel and user that does not exist. */
async function assertNamed(
  { channels, users }: Pick<AssignmentPolicyDeps, 'channels' | 'users'>,
  scope: ClientScope,
  { channelIds, agentIds }: AssignmentPolicyPatch,
): Promise<void> {
  const found = await Promise.all([
    ...(channelIds ?? []).map(async (id, index): Promise<Issue | null> => {
      const path = `body.channelIds.${index}`;
      return (await channels.findById(scope, id)) === null
        ? { path, message: 'No channel has this id.' }
        : null;
    }),
    ...(agentIds ?? []).map(async (id, index): Promise<Issue | null> => {
      const path = `body.agentIds.${index}`;
      return (await users.findById(scope, id)) === null ? { path, message: 'No user has this id.' } : null;
    }),
  ]);
  const errors = found.filter((issue) => issue !== null);
  if (errors.length > 0) throw new AppError('invalid-input', 'A channel or user does not exist.', { errors });
}

/** Keeps what the policy names from being deleted until the transaction has ended; throws `not-found`. */
async function holdNamed(
  { holdLabels, teams }: Pick<AssignmentPolicyDeps, 'holdLabels' | 'teams'>,
  scope: ClientScope,
  { excludedLabels, teamId }: AssignmentPolicyPatch,
  session: ClientSession,
): Promise<void> {
  const labels = (excludedLabels ?? []).map((id, index) => ({ id, path: `body.excludedLabels.${index}` }));
  await holdLabels(scope, labels, session);
  if (teamId === undefined || teamId === null || (await teams.hold(scope, teamId, session))) return;
  const errors = [{ path: 'body.teamId', message: 'There is no such team.' }];
  throw new AppError('not-found', 'There is no such team.', { errors });
}

function assertOneSource({ agentIds, teamId }: Pick<NewAssignmentPolicy, 'agentIds' | 'teamId'>): void {
  if (teamId === undefined || agentIds.length === 0) return;
  throw new AppError('invalid-input', 'The policy names both users and a team.', {
    errors: [{ path: 'body.teamId', message: 'Name users or a team, not both.' }],
  });
}
