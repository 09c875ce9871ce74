import type { EventRecorder } from '../events/recorder.ts';
import type { Clock } from '../platform/clock.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { createTransactions } from '../platform/transaction.ts';
import { createAuditRepository } from './repository.ts';
import { createAuditService, type AuditService } from './service.ts';

interface AuditDeps {
  readonly mongo: MongoConnection;
  readonly events: EventRecorder;
  readonly clock: Clock;
}

export const buildAudit = ({ mongo, events, clock }: AuditDeps): AuditService =>
  createAuditService({
    repository: createAuditRepository(mongo),
    events,
    runInTransaction: createTransactions(mongo),
    clock,
  });
