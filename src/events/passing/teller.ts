import type { Types } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { NewPassingEvent, PassingEventTable } from '../declare.ts';
import { assertSmall } from '../drafts.ts';
import type { PassingEventRepository } from './repository.ts';

interface TellerDeps {
  readonly events: Pick<PassingEventRepository, 'insert'>;
  readonly table: PassingEventTable;
  readonly clock: Clock;
}

/** The streams of all processes get it at once, or never. */
const keepMs = 10_000;

export type TellPassing = ReturnType<typeof createTeller>;

/** Tells colleagues who listen now; `from` is the user who caused it. */
export const createTeller =
  ({ events, table, clock }: TellerDeps) =>
  async (scope: ClientScope, from: Types.ObjectId, fact: NewPassingEvent): Promise<void> => {
    const { type, entity } = fact;
    const at = clock.now();
    const view = table[type].view.parse(fact.view);
    assertSmall(type, view);
    const expiresAt = new Date(at.getTime() + keepMs);
    await events.insert(scope, { _id: newId(), ...scope, type, entity, at, from, view, expiresAt });
  };
