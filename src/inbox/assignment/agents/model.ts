import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../../platform/declare-model.ts';
import { presences, type Presence } from './presence.ts';

/** What assignment knows of a user. A user without one has never chosen, and has no conversation. */
export interface AgentStateDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly userId: Types.ObjectId;
  readonly chosen: Presence;
  readonly chosenAt: Date;
  /** As clients were last told; what decides is computed (`presence.ts`). */
  readonly told: Presence;
  /** A stream of live events or a heartbeat moves it forward. */
  readonly connectedUntil?: Date;
  /** Set while the user is disabled. */
  readonly disabledAt?: Date;
  /** Open conversations that are assigned to the user; changed with them, in one transaction. */
  readonly openCount: number;
  /** Their own capacity; of this and the policy's, the smaller one counts. Absent for the policy's. */
  readonly capacity?: number;
  /** The latest automatic assignment. */
  readonly lastAssignedAt?: Date;
  /** The latest automatic assignments, newest first; for fair limits. */
  readonly recent: readonly Date[];
  /** Counts the changes of `chosen`, `capacity`, `disabledAt` and `told`. */
  readonly version: number;
}

/** A fair limit can count so many assignments. */
export const maxRecent = 200;

export const agentStateModel = declareTenantModel<AgentStateDoc>('agent_states', {
  userId: { type: Schema.Types.ObjectId, required: true },
  chosen: { type: String, enum: presences, required: true },
  chosenAt: { type: Date, required: true },
  told: { type: String, enum: presences, required: true },
  connectedUntil: Date,
  disabledAt: Date,
  openCount: { type: Number, required: true },
  capacity: Number,
  lastAssignedAt: Date,
  recent: { type: [Date], required: true },
  version: { type: Number, required: true },
});

agentStateModel.schema.index({ clientId: 1, userId: 1 }, { unique: true });
