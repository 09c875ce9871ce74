import { maxCounted, type Measured } from '../platform/metrics.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { openTenantCollection } from '../platform/tenant-collection.ts';
import type { auditInstruments } from './instruments.ts';
import { auditEventModel } from './model.ts';

interface AuditMeasureDeps {
  readonly mongo: MongoConnection;
  readonly metrics: Measured<typeof auditInstruments>;
}

const maxTimeMS = 5_000;

/** Queries of the audit events for the metrics. */
export function createAuditMeasures(mongo: MongoConnection) {
  const events = openTenantCollection(auditEventModel, mongo);
  return {
    countUnsealedAcrossClients: (limit: number): Promise<number> =>
      events.acrossClients.count({ seq: null }, { limit, hint: 'unsealed', maxTimeMS }),
  };
}

/** The gauge of the chains. */
export function createAuditMeasure({ mongo, metrics }: AuditMeasureDeps) {
  const { countUnsealedAcrossClients } = createAuditMeasures(mongo);
  return async (_now: Date): Promise<void> => {
    const value = await countUnsealedAcrossClients(maxCounted);
    metrics.instruments.auditEventsUnsealed.replace([{ labels: {}, value }]);
  };
}
