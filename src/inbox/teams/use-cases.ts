import type { ClientSession, Types } from 'mongoose';
import { createResource, type ResourceRef } from '../../audit/resource.ts';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import { writtenTo } from '../../audit/written.ts';
import type { UserDirectory } from '../../identity/users/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError, valueTaken, type Issue } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import type { ListOrder } from '../../platform/listing.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { nameKeyOf } from '../../platform/name-key.ts';
import { toPage, type Page } from '../../platform/pagination.ts';
import { applyChange } from '../../platform/update.ts';
import type { TeamDependents, TeamPolicy } from './dependents.ts';
import type { TeamDoc, TeamRepository } from './repository.ts';

export type { TeamDoc } from './repository.ts';

export interface TeamUseCaseDeps {
  readonly teams: TeamRepository;
  readonly users: Pick<UserDirectory, 'statusesOf'>;
  readonly dependents: TeamDependents;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export type NewTeam = Pick<TeamDoc, 'name' | 'userIds'>;

export type TeamUseCases = ReturnType<typeof createTeamUseCases>;

/** What admins do with teams. */
export function createTeamUseCases(deps: TeamUseCaseDeps) {
  const { teams, dependents, clock } = deps;
  const resource = createTeamResource(deps);

  async function nameTaken(scope: ClientScope, name: string): Promise<AppError> {
    const existing = await teams.findByNameKey(scope, nameKeyOf(name));
    return valueTaken('A team with this name already exists.', { path: 'body.name', noun: 'name', existing });
  }

  return {
    get: (scope: ClientScope, id: Types.ObjectId): Promise<TeamDoc> =>
      resource.require(scope, { id, version: undefined }),

    async list(
      scope: ClientScope,
      { limit, order }: { readonly limit: number; readonly order: ListOrder<TeamDoc> },
    ): Promise<Page<TeamDoc>> {
      return toPage(await teams.list(scope, order, limit + 1), limit, order.cursorOf);
    },

    /** Throws `not-found` or `invalid-input` with the path of each user who is unknown or not active, and `already-exists`. */
    async create(scope: ClientScope, by: AuditActor, { name, userIds }: NewTeam): Promise<TeamDoc> {
      await assertJoinable(deps, scope, joining([], userIds));
      const fresh = {
        ...{ _id: newId(), clientId: scope.clientId, name, nameKey: nameKeyOf(name), userIds },
        ...{ createdAt: clock.now(), version: 1 },
      };
      try {
        return await resource.create(scope, by, fresh);
      } catch (error) {
        throw isDuplicateKey(error) ? await nameTaken(scope, name) : error;
      }
    },

    /** As `create`; those who are members already may be disabled. */
    async update(
      scope: ClientScope,
      by: AuditActor,
      ref: ResourceRef,
      patch: Partial<NewTeam>,
    ): Promise<TeamDoc> {
      const { name, userIds } = patch;
      const change = { ...patch, ...(name === undefined ? {} : { nameKey: nameKeyOf(name) }) };
      try {
        return await resource.change(scope, by, ref, {
          action: 'team.updated',
          async decide(current, session) {
            await assertJoinable(deps, scope, joining(current.userIds, userIds ?? []), session);
            return applyChange(current, change);
          },
        });
      } catch (error) {
        throw isDuplicateKey(error) && name !== undefined ? await nameTaken(scope, name) : error;
      }
    },

    /** Throws `in-use` while an assignment policy names the team. */
    remove: (scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<void> =>
      resource.remove(scope, by, ref, async ({ _id }, session) => {
        const policies = await dependents.policiesOf(scope, _id, session);
        if (policies.length > 0) throw inUse(policies);
      }),
  };
}

const createTeamResource = ({ teams, dependents, audit }: TeamUseCaseDeps) =>
  createResource<TeamDoc>(audit, {
    type: 'team',
    find: (scope, id, session?: ClientSession) => teams.findById(scope, id, session),
    insert: teams.insert,
    replace: teams.replace,
    remove: teams.remove,
    auditedFieldsOf: ({ name, userIds }) => ({ name, userIds: userIds.map((id) => id.toHexString()) }),
    eventOf(written) {
      const { verb, doc, version } = writtenTo(written);
      const { _id: id, name } = doc;
      return { type: `team.${verb}`, entity: { type: 'team', id }, version, view: { name } };
    },
    afterChange: (scope, { after }, session) => dependents.follow(scope, after._id, session),
  });

interface Joining {
  readonly userId: Types.ObjectId;
  readonly index: number;
}

/** The users whom a change adds, each with its place in the list. */
const joining = (before: readonly Types.ObjectId[], after: readonly Types.ObjectId[]): readonly Joining[] =>
  after
    .map((userId, index) => ({ userId, index }))
    .filter(({ userId }) => !before.some((had) => had.equals(userId)));

/** Throws unless all are active users of the client; names each that is not. */
async function assertJoinable(
  { users }: Pick<TeamUseCaseDeps, 'users'>,
  scope: ClientScope,
  added: readonly Joining[],
  session?: ClientSession,
): Promise<void> {
  const ids = added.map(({ userId }) => userId);
  const statuses = await users.statusesOf(scope, ids, session);
  const errors = added.flatMap(({ userId, index }): Issue[] => {
    const status = statuses.get(userId.toHexString());
    if (status === 'active') return [];
    const message = status === undefined ? 'There is no such user.' : 'The user is not active.';
    return [{ path: `body.userIds.${index}`, message }];
  });
  if (errors.length === 0) return;
  throw ids.some((id) => !statuses.has(id.toHexString()))
    ? new AppError('not-found', 'A member of the team does not exist.', { errors })
    : new AppError('invalid-input', 'A user who is not active cannot join the team.', { errors });
}

function inUse(policies: readonly TeamPolicy[]): AppError {
  const names = policies.map(({ name }) => `“${name}”`).join(', ');
  return new AppError('in-use', `The team gets conversations from the assignment policies ${names}.`, {
    extensions: { policyIds: policies.map(({ _id }) => _id.toHexString()) },
  });
}
