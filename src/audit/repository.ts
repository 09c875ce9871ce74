import type { ClientSession, Connection, mongo, Types } from 'mongoose';
import type { ClientScope } from '../platform/mongo.ts';
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
  const events = auditEventModel(connection).collection as unknown as mongo.Collection<AuditEventDoc>;
  return {
    async insert(scope: ClientScope, event: AuditEventDoc, session: ClientSession): Promise<void> {
      await events.insertOne({ ...event, ...scope }, { session });
    },

    /** The newest events of some actions on one object. */
    listOfTarget: (
      scope: ClientScope,
      targetId: Types.ObjectId,
      { actions, limit }: { actions: readonly string[]; limit: number },
    ): Promise<AuditEventDoc[]> =>
      events
        .find({ 'target.id': targetId, action: { $in: [...actions] }, ...scope })
        .sort({ at: -1, _id: -1 })
        .limit(limit)
        .toArray(),

    /** Whether there is an event of this action on an object that says so in one of its fields. */
    async isThere(
      scope: ClientScope,
      { targetId, action, field, value }: WrittenFact,
      session: ClientSession | undefined,
    ): Promise<boolean> {
      const filter = { 'target.id': targetId, action, [`after.${field}`]: value, ...scope };
      const options = session === undefined ? {} : { session };
      return (await events.findOne(filter, { projection: { _id: 1 }, ...options })) !== null;
    },
  };
}
