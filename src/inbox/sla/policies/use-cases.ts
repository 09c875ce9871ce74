import type { ClientSession, Types } from 'mongoose';
import { createResource, type ResourceRef } from '../../../audit/resource.ts';
import type { AuditActor, AuditService } from '../../../audit/service.ts';
import type { ChannelDirectory } from '../../../channels/directory.ts';
import type { Clock as TimeSource } from '../../../platform/clock.ts';
import { AppError, valueTaken } from '../../../platform/errors.ts';
import { newId } from '../../../platform/ids.ts';
import { isDuplicateKey, type ClientScope } from '../../../platform/mongo.ts';
import { applyChange, type Change } from '../../../platform/update.ts';
import type { Timers } from '../../../timers/timers.ts';
import type { BusinessHoursReader } from '../../business-hours/reader.ts';
import type { SlaPolicyDoc, SlaPolicyRepository } from './repository.ts';
import { hasTarget } from './rules.ts';

export type { SlaPolicyDoc } from './repository.ts';

/** They move the running clocks of a policy. */
export const policyTimers = { apply: 'sla-policy.apply', applyAgain: 'sla-policy.apply-again' } as const;

/** A transaction that began with the old version has ended after this: MongoDB allows it a minute. */
const applyAgainMs = 90_000;

export interface SlaPolicyUseCaseDeps {
  readonly policies: SlaPolicyRepository;
  readonly hours: Pick<BusinessHoursReader, 'hold'>;
  readonly channels: Pick<ChannelDirectory, 'findById'>;
  readonly follow: FollowPolicy;
  readonly audit: AuditService;
  readonly time: TimeSource;
}

type Settable =
  | 'name'
  | 'priority'
  | 'match'
  | 'firstResponseSeconds'
  | 'nextResponseSeconds'
  | 'resolutionSeconds'
  | 'warnAt'
  | 'businessHoursId';

export type NewSlaPolicy = Pick<SlaPolicyDoc, Settable>;
export type SlaPolicyPatch = Change<SlaPolicyDoc, Settable>;

export type SlaPolicyUseCases = ReturnType<typeof createSlaPolicyUseCases>;

/** What admins do with service levels. */
export function createSlaPolicyUseCases(deps: SlaPolicyUseCaseDeps) {
  const { policies, audit, follow, time } = deps;
  const resource = createSlaPolicyResource(deps);

  async function taken(scope: ClientScope, priority: number): Promise<AppError> {
    const existing = await policies.findByPriority(scope, priority);
    return valueTaken(`A service level with the priority ${priority} already exists.`, {
      path: 'body.priority',
      noun: 'priority',
      existing,
    });
  }

  return {
    get: (scope: ClientScope, id: Types.ObjectId): Promise<SlaPolicyDoc> =>
      resource.require(scope, { id, version: undefined }),

    list: (scope: ClientScope): Promise<SlaPolicyDoc[]> => policies.list(scope),

    async create(scope: ClientScope, by: AuditActor, fields: NewSlaPolicy): Promise<SlaPolicyDoc> {
      await assertChannels(deps, scope, fields);
      const fresh = { _id: newId(), ...scope, ...fields, createdAt: time.now(), version: 1 };
      try {
        return await audit.runInTransaction(async (session) => {
          await holdHours(deps, scope, fields, session);
          return resource.within(session).create(scope, by, fresh);
        });
      } catch (error) {
        throw isDuplicateKey(error) ? await taken(scope, fields.priority) : error;
      }
    },

    /** Changes the given fields, and moves the running deadlines of the policy; null clears a field. */
    async update(
      scope: ClientScope,
      by: AuditActor,
      ref: ResourceRef,
      patch: SlaPolicyPatch,
    ): Promise<SlaPolicyDoc> {
      await assertChannels(deps, scope, patch);
      try {
        return await resource.change(scope, by, ref, {
          action: 'sla-policy.updated',
          async decide(current, session) {
            const next = applyChange(current, patch);
            if (!hasTarget(next)) throw withoutTarget();
            await holdHours(deps, scope, patch, session);
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

    /** Its running deadlines become void. */
    remove: (scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<void> =>
      resource.remove(scope, by, ref, ({ _id }, session) => follow(scope, _id, session)),
  };
}

const createSlaPolicyResource = ({ policies, follow, audit }: SlaPolicyUseCaseDeps) =>
  createResource<SlaPolicyDoc>(audit, {
    type: 'sla-policy',
    noun: 'service level',
    find: (scope, id, session?: ClientSession) => policies.findById(scope, id, session),
    insert: policies.insert,
    replace: policies.replace,
    remove: policies.remove,
    auditedFieldsOf: ({ _id, clientId: _scope, createdAt: _at, version: _version, ...fields }) => fields,
    afterChange: (scope, { after }, session) => follow(scope, after._id, session),
  });

export type FollowPolicy = (
  scope: ClientScope,
  policyId: Types.ObjectId,
  session: ClientSession,
) => Promise<void>;

/** Moves the running clocks of a policy once its transaction is committed. */
export const createFollowPolicy =
  (timers: Pick<Timers, 'arm'>, time: TimeSource): FollowPolicy =>
  async (scope, subjectId, session) => {
    const now = time.now();
    const again = new Date(now.getTime() + applyAgainMs);
    await timers.arm(scope, { kind: policyTimers.apply, subjectId, dueAt: now }, session);
    await timers.arm(scope, { kind: policyTimers.applyAgain, subjectId, dueAt: again }, session);
  };

const withoutTarget = (): AppError =>
  new AppError('invalid-input', 'A service level needs at least one target.', {
    errors: [{ path: 'body', message: 'Keep at least one target.' }],
  });

async function assertChannels(
  { channels }: Pick<SlaPolicyUseCaseDeps, 'channels'>,
  scope: ClientScope,
  { match }: SlaPolicyPatch,
): Promise<void> {
  const ids = match?.channelIds ?? [];
  const found = await Promise.all(ids.map((id) => channels.findById(scope, id)));
  const errors = found.flatMap((channel, index) =>
    channel === null ? [{ path: `body.match.channelIds.${index}`, message: 'No channel has this id.' }] : [],
  );
  if (errors.length > 0) throw new AppError('invalid-input', 'A channel does not exist.', { errors });
}

async function holdHours(
  { hours }: Pick<SlaPolicyUseCaseDeps, 'hours'>,
  scope: ClientScope,
  { businessHoursId }: SlaPolicyPatch,
  session: ClientSession,
): Promise<void> {
  if (businessHoursId === undefined || businessHoursId === null) return;
  if (await hours.hold(scope, businessHoursId, session)) return;
  throw new AppError('invalid-input', 'The business hours do not exist.', {
    errors: [{ path: 'body.businessHoursId', message: 'No business hours have this id.' }],
  });
}
