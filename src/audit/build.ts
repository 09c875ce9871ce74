import type { EventRecorder } from '../events/recorder.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { createLoops, whileFound, type RunnableLoop } from '../platform/loop.ts';
import type { Measured } from '../platform/metrics.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import type { Secret } from '../platform/secret.ts';
import { createTransactions } from '../platform/transaction.ts';
import { createAnchorSigner } from './chain/anchor-signer.ts';
import { createAnchors } from './chain/anchors.ts';
import { createAuditErasure } from './chain/erasure.ts';
import { createAuditChainRepository } from './chain/repository.ts';
import { createSealer } from './chain/sealer.ts';
import { createChainVerifier } from './chain/verify.ts';
import type { auditInstruments } from './instruments.ts';
import { createAuditListing, createAuditListingRepository } from './listing.ts';
import { auditLoops } from './loops.ts';
import { createAuditRepository } from './repository.ts';
import { auditRoutes } from './routes.ts';
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

interface AuditToolDeps {
  readonly mongo: MongoConnection;
  readonly audit: AuditService;
  /** 32 bytes in base64, which the database does not hold; the key that signs anchors is derived from them. */
  readonly key: Secret;
  readonly clock: Clock;
}

/** The chains of audit events: what the command of the operators needs. */
export function buildAuditTools({ mongo, audit, key, clock }: AuditToolDeps) {
  const chains = createAuditChainRepository(mongo);
  const signer = createAnchorSigner(Buffer.from(key.reveal(), 'base64'));
  return {
    chains,
    signer,
    verifier: createChainVerifier({ chains, signer }),
    erasure: createAuditErasure({ chains, audit, clock }),
  };
}

/** The routes that list and verify audit events. */
export function buildAuditRoutes(deps: AuditToolDeps) {
  const { verifier } = buildAuditTools(deps);
  const list = createAuditListing(createAuditListingRepository(deps.mongo));
  return auditRoutes({ list, verifier });
}

interface AuditLoopDeps extends AuditToolDeps {
  readonly metrics: Measured<typeof auditInstruments>;
  readonly logger: Logger;
}

/** The loops that seal and anchor the chains; they run in the worker. */
export function buildAuditLoops(deps: AuditLoopDeps): readonly RunnableLoop[] {
  const { audit, metrics, clock, logger } = deps;
  const { chains, signer } = buildAuditTools(deps);
  const { runInTransaction } = audit;
  const { auditEventsSealed } = metrics.instruments;
  const onSealed = (count: number): void => auditEventsSealed.add({}, count);
  const sealer = createSealer({ chains, runInTransaction, clock, logger, onSealed });
  const anchors = createAnchors({ chains, signer, runInTransaction, clock, logger });
  return createLoops(auditLoops, {
    'audit-sealer': sealer,
    'audit-anchors': whileFound(() => anchors.anchorDue()),
  });
}
