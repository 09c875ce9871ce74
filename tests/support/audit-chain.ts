import type { Connection, mongo } from 'mongoose';
import { buildRecords } from '../../src/app/events.ts';
import { createAnchorSigner } from '../../src/audit/chain/anchor-signer.ts';
import { createAnchors } from '../../src/audit/chain/anchors.ts';
import { createAuditErasure } from '../../src/audit/chain/erasure.ts';
import { createAuditChainRepository, type AuditChainRepository } from '../../src/audit/chain/repository.ts';
import { createSealer } from '../../src/audit/chain/sealer.ts';
import { createChainVerifier, type Verification } from '../../src/audit/chain/verify.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import { newId } from '../../src/platform/ids.ts';
import type { ClientScope } from '../../src/platform/mongo.ts';
import { createTransactions } from '../../src/platform/transaction.ts';
import { captureLog } from './logger.ts';

interface StageOptions {
  readonly clock?: Clock;
  /** The secret of the anchors. */
  readonly secret?: Buffer;
}

/** The parts of the chains of audit events, on a real database. */
export function createChainStage(connection: Connection, options: StageOptions = {}) {
  const { clock = systemClock, secret = Buffer.alloc(32, 7) } = options;
  const log = captureLog();
  const { logger } = log;
  const runInTransaction = createTransactions(connection);
  const chains = createAuditChainRepository(connection);
  const signer = createAnchorSigner(secret);
  const { audit } = buildRecords({ mongo: connection, clock });
  const verifier = createChainVerifier({ chains, signer });
  const events = connection.collection('audit_events');

  /** One process that seals, with parts that a test replaces. */
  const sealerWith = (replaced: Partial<AuditChainRepository> = {}) =>
    createSealer({ chains: { ...chains, ...replaced }, runInTransaction, clock, logger });

  return {
    chains,
    verifier,
    events,
    log,
    runInTransaction,
    sealerWith,
    anchors: createAnchors({ chains, signer, runInTransaction, clock, logger }),
    erasure: createAuditErasure({ chains, audit, clock }),

    /** Records changes, each in its own transaction as the product does. */
    async record(scope: ClientScope, count: number, target = newId()): Promise<void> {
      for (let index = 0; index < count; index += 1) {
        await runInTransaction((session) =>
          audit.record(
            scope,
            { type: 'user', userId: newId() },
            {
              action: 'lead.updated',
              target: { type: 'lead', id: target },
              before: { stage: 'new', at: new Date(0) },
              after: { stage: `stage ${index}`, at: new Date(), agentId: newId() },
            },
            session,
          ),
        );
      }
    },

    /** Seals until nothing is left. */
    async sealAll(): Promise<void> {
      const step = sealerWith();
      while ((await step()) === 'more');
    },

    sealedOf: (scope: ClientScope): Promise<mongo.WithId<mongo.Document>[]> =>
      events
        .find({ ...scope, seq: { $exists: true } })
        .sort({ seq: 1 })
        .toArray(),

    verify: (scope: ClientScope, after = 0): Promise<Verification> => verifier.verify(scope, after),
  };
}

export type ChainStage = ReturnType<typeof createChainStage>;
