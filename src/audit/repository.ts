import type { ClientSession, Connection, mongo } from 'mongoose';
import type { ClientScope } from '../platform/mongo.ts';
import { auditEventModel, type AuditEventDoc } from './model.ts';

export type { AuditActor, AuditEventDoc } from './model.ts';

export type AuditRepository = ReturnType<typeof createAuditRepository>;

/** Events are inserted and read, never changed: there is no other function here. */
export function createAuditRepository(connection: Connection) {
  const events = auditEventModel(connection).collection as unknown as mongo.Collection<AuditEventDoc>;
  return {
    async insert(scope: ClientScope, event: AuditEventDoc, session: ClientSession): Promise<void> {
      await events.insertOne({ ...event, ...scope }, { session });
    },
  };
}
