import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';

/** What refers to business hours. */
export interface HoursDependents {
  /** Names an object that refers to the hours, as in «the service level Gold»; null if nothing does. */
  anyOf(scope: ClientScope, hoursId: Types.ObjectId, session: ClientSession): Promise<string | null>;
  /** Follows a change of the hours, in its transaction. */
  follow(scope: ClientScope, hoursId: Types.ObjectId, session: ClientSession): Promise<void>;
}
