import type { Types } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import { mapConcurrently } from '../../platform/concurrency.ts';
import type { Logger } from '../../platform/logger.ts';
import type { HeldFilter } from '../messages/use-cases.ts';
import type { GateOpeningDoc, OpeningQueue } from '../../openings/openings.ts';
import { scopeOf, type ClientScope } from '../../platform/mongo.ts';

export interface GateReleaseDeps {
  readonly openings: OpeningQueue;
  readonly messages: {
    findHeld(
      scope: ClientScope,
      held: HeldFilter,
      page: { after: Types.ObjectId | null; limit: number },
    ): Promise<Types.ObjectId[]>;
  };
  readonly workflows: { signalGateOpened(messageId: string): Promise<void> };
  readonly clock: Clock;
  readonly logger: Logger;
}

const pageSize = 500;
const maxConcurrentSignals = 16;

/** A worker that dies during a pass delays it by this long. */
const passLeaseMs = 30_000;

/**
 * Other processes may see the gate as closed for a second or two longer (cached state), and hold one more message. So
 * a second pass follows after their caches have expired.
 */
const lastPassAfterMs = 5_000;

/** Wakes the workflows of the messages that wait behind an opened gate. */
export function createGateRelease({ openings, messages, workflows, clock, logger }: GateReleaseDeps) {
  /** Wakes every message held now, in order of acceptance; returns how many. */
  async function pass(opening: GateOpeningDoc): Promise<number> {
    const scope = scopeOf(opening.clientId);
    const { gate, channelId, templateName, language } = opening;
    let after: Types.ObjectId | null = null;
    let woken = 0;
    for (;;) {
      const held: readonly Types.ObjectId[] = await messages.findHeld(
        scope,
        { gate, channelId, templateName, language },
        { after, limit: pageSize },
      );
      await mapConcurrently(held, maxConcurrentSignals, (id) => workflows.signalGateOpened(id.toHexString()));
      woken += held.length;
      after = held.at(-1) ?? null;
      if (held.length < pageSize) return woken;
    }
  }

  return {
    /** Handles one opening; returns whether there was one. Safe to run in several workers. */
    async releaseNext(): Promise<boolean> {
      const now = clock.now();
      const opening = await openings.takeDueAcrossClients(now, new Date(now.getTime() + passLeaseMs));
      if (opening === null) return false;
      const woken = await pass(opening);
      const scope = scopeOf(opening.clientId);
      const lastPassAt = new Date(opening.openedAt.getTime() + lastPassAfterMs);
      if (now >= lastPassAt) await openings.delete(scope, opening._id);
      else await openings.putBack(scope, opening._id, lastPassAt);
      logger.info({ gate: opening.gate, woken }, 'gate opened: held messages woken');
      return true;
    },
  };
}
