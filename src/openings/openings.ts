import type { ClientSession, Types } from 'mongoose';
import type { Clock } from '../platform/clock.ts';
import type { ClientScope } from '../platform/mongo.ts';
import type { GateName } from './contract.ts';
import type { GateOpeningRepository } from './repository.ts';

export type { GateOpeningDoc } from './repository.ts';

/** Which wait is over, and for whom; what is left out means all. */
export interface Opening {
  readonly gate: GateName;
  readonly channelId?: Types.ObjectId;
  readonly templateName?: string;
  readonly language?: string;
}

interface GateOpeningDeps {
  readonly openings: GateOpeningRepository;
  readonly clock: Clock;
}

/** The openings that were recorded, for whoever wakes what waits behind them. */
export type OpeningQueue = Pick<GateOpeningRepository, 'takeDueAcrossClients' | 'putBack' | 'delete'>;

/** Whoever opens a gate, or closes it for good, records it in the same transaction; `sending/dispatch/release.ts` acts on it. */
export const createGateOpenings = ({ openings, clock }: GateOpeningDeps) => ({
  async opened(scope: ClientScope, opening: Opening, session?: ClientSession): Promise<void> {
    const now = clock.now();
    await openings.insert(scope, { ...opening, openedAt: now, nextPassAt: now }, session);
  },
});

export type GateOpenings = ReturnType<typeof createGateOpenings>;
