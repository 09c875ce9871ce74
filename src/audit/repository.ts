import type { ClientSession, Connection, Types } from 'mongoose';
import type { ClientScope } from '../platform/mongo.ts';
import { openTenantCollection } from '../platform/tenant-collection.ts';
import { auditEventModel, type AuditEventDoc } from './model.ts';

export type { AuditActor, AuditEventDoc } from './model.ts';

export interface RecordedValue {
  readonly targetId: Types.ObjectId;
  readonly action: string;
  readonly field: string;
  readonly value: string;
}

export type AuditRepository = ReturnType<typeof createAuditRepository>;

/** Events are never changed or deleted, so there are no functions for that. */
export function createAuditRepository(connection: Connection) {
  const events = openTenantCollection(auditEventModel, connection);
  return {
    insertMany: (
      scope: ClientScope,
      written: readonly AuditEventDoc[],
      session: ClientSession,
    ): Promise<void> => events.insertMany(scope, written, { session }),

    /** The newest events of the given actions on one object. */
    listOfTarget: (
      scope: ClientScope,
      targetId: Types.ObjectId,
      { actions, limit }: { actions: readonly string[]; limit: number },
    ): Promise<AuditEventDoc[]> =>
      events.find(
        scope,
        { 'target.id': targetId, action: { $in: [...actions] } },
        { sort: { at: -1, _id: -1 }, limit },
      ),

    /** Whether an event of this action on the object has set the field to the value. */
    async hasRecorded(
      scope: ClientScope,
      { targetId, action, field, value }: RecordedValue,
      session: ClientSession | undefined,
    ): Promise<boolean> {
      const filter = { 'target.id': targetId, action, [`after.${field}`]: value };
      return (await events.findOne(scope, filter, { projection: { _id: 1 }, session })) !== null;
    },
  };
}
