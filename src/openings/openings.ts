import type { ClientSession, Types } from 'mongoose';
import type { Clock } from '../platform/clock.ts';
import type { ClientScope } from '../platform/mongo.ts';
import type { GateName } from './contract.ts';
import type { GateOpeningRepository } from './repository.ts';

export type { GateOpeningDoc } from './repository.ts';

/** A gate that opened, and for which messages; an absent field means all. */
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

/** The recorded openings, for the worker that wakes held messages. */
export type OpeningQueue = Pick<GateOpeningRepository, 'takeDueAcrossClients' | 'putBack' | 'delete'>;

/**
 * Code that opens a gate, or closes it for good, records that in its own transaction. `sending/dispatch/release.ts`
 * then wakes the messages.
 */
export const createGateOpenings = ({ openings, clock }: GateOpeningDeps) => ({
  async opened(scope: ClientScope, opening: Opening, session?: ClientSession): Promise<void> {
    const now = clock.now();
    await openings.insert(scope, { ...opening, openedAt: now, nextPassAt: now }, session);
  },
});

export type GateOpenings = ReturnType<typeof createGateOpenings>;
