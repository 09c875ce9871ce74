import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import { isDuplicateKey, scopeOf } from '../../platform/mongo.ts';
import type { RunInTransaction } from '../../platform/transaction.ts';
import type { AnchorSigner } from './anchor-signer.ts';
import type { AuditChainDoc, AuditChainRepository } from './repository.ts';
import { anchorEveryMs } from './sealer.ts';

export interface AnchorDeps {
  readonly chains: Pick<
    AuditChainRepository,
    'listDueForAnchorAcrossClients' | 'insertAnchor' | 'noteAnchored'
  >;
  readonly signer: AnchorSigner;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info'>;
}

const maxAnchorsPerRound = 50;

/**
 * Signs the ends of the chains that have grown, an hour after the first event that no anchor covers. The log line comes
 * first: the log is the copy that whoever changes the database cannot reach, and a line too many does no harm.
 */
export function createAnchors({ chains, signer, runInTransaction, clock, logger }: AnchorDeps) {
  async function anchorEnd({ clientId, seq, hash, anchorAt }: AuditChainDoc): Promise<void> {
    const scope = scopeOf(clientId);
    const at = clock.now();
    const unsigned = { clientId, seq, hash, at };
    const signed = { ...unsigned, ...signer.sign(unsigned) };
    logger.info(signed, 'audit chain anchored');
    const noted = { seq, anchorAt, nextAt: new Date(at.getTime() + anchorEveryMs) };
    try {
      await runInTransaction(async (session) => {
        await chains.insertAnchor(scope, { _id: newId(), ...signed }, session);
        await chains.noteAnchored(scope, noted, session);
      });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      // Another process was first. Or the chain was cut and has grown again: `verify` tells, and anchors go on.
      await chains.noteAnchored(scope, noted);
    }
  }

  return {
    /** Anchors the chains that are due; returns how many. */
    async anchorDue(): Promise<number> {
      const due = await chains.listDueForAnchorAcrossClients(clock.now(), maxAnchorsPerRound);
      for (const chain of due) await anchorEnd(chain);
      return due.length;
    },
  };
}
