import type { ClientSession, Connection, Types } from 'mongoose';
import type { ClientScope } from '../platform/mongo.ts';
import { openTenantCollection } from '../platform/tenant-collection.ts';
import { auditEventModel, type AuditEventDoc } from './model.ts';

export type { AuditActor, AuditEventDoc } from './model.ts';

export interface WrittenFact {
  readonly targetId: Types.ObjectId;
  readonly action: string;
  readonly field: string;
  readonly value: string;
}

export type AuditRepository = ReturnType<typeof createAuditRepository>;

/** Events are inserted and read, never changed: there is no other function here. */
export function createAuditRepository(connection: Connection) {
  const events = openTenantCollection(auditEventModel, connection);
  return {
    insert: (scope: ClientScope, event: AuditEventDoc, session: ClientSession): Promise<void> =>
      events.insertOne(scope, event, { session }),

    /** The newest events of some actions on one object. */
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

    /** Whether there is an event of this action on an object that says so in one of its fields. */
    async isThere(
      scope: ClientScope,
      { targetId, action, field, value }: WrittenFact,
      session: ClientSession | undefined,
    ): Promise<boolean> {
      const filter = { 'target.id': targetId, action, [`after.${field}`]: value };
      return (await events.findOne(scope, filter, { projection: { _id: 1 }, session })) !== null;
    },
  };
}
