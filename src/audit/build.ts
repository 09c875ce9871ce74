import type { Clock } from '../platform/clock.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { createTransactions } from '../platform/transaction.ts';
import { createAuditRepository } from './repository.ts';
import { createAuditService, type AuditService } from './service.ts';

interface AuditDeps {
  readonly mongo: MongoConnection;
  readonly clock: Clock;
}

export const buildAudit = ({ mongo, clock }: AuditDeps): AuditService =>
  createAuditService({
    events: createAuditRepository(mongo),
    runInTransaction: createTransactions(mongo),
    clock,
  });
