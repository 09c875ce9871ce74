import type { ClientSession, Connection, Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import { openTenantCollection, type TenantCollection } from '../../../platform/tenant-collection.ts';
import type { DeadlineKind } from '../../conversations/deadlines.ts';
import { slaClockModel, type SlaClockDoc } from './model.ts';

export type { SlaClockDoc } from './model.ts';

export type SlaClockRepository = ReturnType<typeof createSlaClockRepository>;

/** The waits of a cycle that still matter: an answer that fails is one of the latest. */
const maxRounds = 20;
const responses = { $in: ['first-response', 'next-response'] as DeadlineKind[] };
const live = { $in: ['running', 'paused'] as SlaClockDoc['state'][] };

export interface CurrentVersions {
  readonly policyVersion: number;
  readonly hoursVersion: number;
}

export function createSlaClockRepository(connection: Connection) {
  const clocks = openTenantCollection(slaClockModel, connection);
  return { ...createReads(clocks), ...createWrites(clocks) };
}

function createReads(clocks: TenantCollection<SlaClockDoc>) {
  return {
    findById: (
      scope: ClientScope,
      _id: Types.ObjectId,
      session?: ClientSession,
    ): Promise<SlaClockDoc | null> => clocks.findOne(scope, { _id }, { session }),

    /** The latest waits for an answer in a cycle. */
    findResponses: (
      scope: ClientScope,
      { conversationId, cycle }: Pick<SlaClockDoc, 'conversationId' | 'cycle'>,
      session: ClientSession,
    ): Promise<SlaClockDoc[]> =>
      clocks.find(
        scope,
        { conversationId, cycle, kind: responses },
        { sort: { round: -1 }, limit: maxRounds, session },
      ),

    /** As `findResponses`, over all cycles. */
    findLatestResponses: (
      scope: ClientScope,
      conversationId: Types.ObjectId,
      { limit = maxRounds, session }: { readonly limit?: number; readonly session?: ClientSession } = {},
    ): Promise<SlaClockDoc[]> =>
      clocks.find(
        scope,
        { conversationId, kind: responses },
        { sort: { cycle: -1, round: -1 }, limit, session },
      ),

    findResolution: (
      scope: ClientScope,
      { conversationId, cycle }: Pick<SlaClockDoc, 'conversationId' | 'cycle'>,
      session: ClientSession,
    ): Promise<SlaClockDoc | null> =>
      clocks.findOne(scope, { conversationId, cycle, round: 1, kind: 'resolution' }, { session }),

    findShown: (
      scope: ClientScope,
      conversationIds: readonly Types.ObjectId[],
    ): Promise<Pick<SlaClockDoc, 'conversationId' | 'cycle' | 'kind' | 'dueAt' | 'state'>[]> =>
      clocks.find(
        scope,
        { conversationId: { $in: [...conversationIds] }, isShown: true },
        { projection: { conversationId: 1, cycle: 1, kind: 1, dueAt: 1, state: 1 } },
      ),

    /** Clocks of a policy that may still be met or missed and were computed with another version of it or its hours. */
    async findOutdated(
      scope: ClientScope,
      policyId: Types.ObjectId,
      { policyVersion, hoursVersion }: CurrentVersions,
      limit: number,
    ): Promise<Types.ObjectId[]> {
      const found = await clocks.find<Pick<SlaClockDoc, '_id'>>(
        scope,
        {
          policyId,
          state: live,
          $or: [{ policyVersion: { $ne: policyVersion } }, { hoursVersion: { $ne: hoursVersion } }],
        },
        { projection: { _id: 1 }, limit },
      );
      return found.map(({ _id }) => _id);
    },
  };
}

function createWrites(clocks: TenantCollection<SlaClockDoc>) {
  return {
    /** Throws the duplicate key error if the wait has a clock. */
    insert: (scope: ClientScope, fresh: SlaClockDoc, session: ClientSession): Promise<void> =>
      clocks.insertOne(scope, fresh, { session }),

    /** False if the clock has changed since it was read. */
    replace: (
      scope: ClientScope,
      current: SlaClockDoc,
      next: SlaClockDoc,
      session: ClientSession,
    ): Promise<boolean> => clocks.replaceVersioned(scope, current, next, session),

    /** Views no longer show the clocks of this kind, and those of earlier cycles. */
    async hide(
      scope: ClientScope,
      { conversationId, cycle, kind }: Pick<SlaClockDoc, 'conversationId' | 'cycle' | 'kind'>,
      session: ClientSession,
    ): Promise<void> {
      await clocks.updateMany(
        scope,
        { conversationId, isShown: true, $or: [{ kind }, { cycle: { $lt: cycle } }] },
        { $unset: { isShown: '' } },
        { session },
      );
    },
  };
}
