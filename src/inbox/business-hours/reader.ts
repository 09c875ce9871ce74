import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { BusinessHoursDoc, BusinessHoursRepository } from './repository.ts';

export type { BusinessHoursDoc } from './repository.ts';

export type BusinessHoursReader = ReturnType<typeof createBusinessHoursReader>;

/** For nouns that refer to business hours. */
export const createBusinessHoursReader = (hours: Pick<BusinessHoursRepository, 'findById' | 'hold'>) => ({
  find: (scope: ClientScope, id: Types.ObjectId, session?: ClientSession): Promise<BusinessHoursDoc | null> =>
    hours.findById(scope, id, session),

  /** Call it in the transaction that begins to refer to the hours; false if they do not exist. */
  hold: (scope: ClientScope, id: Types.ObjectId, session: ClientSession): Promise<boolean> =>
    hours.hold(scope, id, session),
});
