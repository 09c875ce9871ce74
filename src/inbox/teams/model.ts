import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

/** A group of users. What uses a team holds its id and asks for the members at that moment, so no copy can be stale. */
export interface TeamDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly name: string;
  /** Unique within the client, in any case and without accents. */
  readonly nameKey: string;
  /** Each once. A disabled user stays a member, and counts again once enabled. */
  readonly userIds: readonly Types.ObjectId[];
  /** Incremented by each transaction that refers to the team, so that it conflicts with the deletion. */
  readonly holds?: number;
  readonly createdAt: Date;
  readonly version: number;
}

export const maxMembers = 200;

export const teamModel = declareTenantModel<TeamDoc>('teams', {
  name: { type: String, required: true },
  nameKey: { type: String, required: true },
  userIds: { type: [Schema.Types.ObjectId], required: true },
  holds: Number,
  createdAt: { type: Date, required: true },
  version: { type: Number, required: true },
});

teamModel.schema.index({ clientId: 1, nameKey: 1 }, { unique: true });
teamModel.schema.index({ clientId: 1, createdAt: -1, _id: -1 });
