import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../../platform/declare-model.ts';

export const assignmentMethods = ['manual', 'round-robin', 'least-loaded'] as const;
export type AssignmentMethod = (typeof assignmentMethods)[number];

export const queueOrders = ['longest-waiting', 'earliest-created'] as const;
export type QueueOrder = (typeof queueOrders)[number];

/** At most so many automatic assignments to one agent in any period of this length. */
export interface FairLimit {
  readonly count: number;
  readonly perSeconds: number;
}

/** Which agents get which conversations. */
export interface AssignmentPolicyDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly name: string;
  /** 1 comes first; the first policy that matches counts. Unique within the client, which also bounds their number. */
  readonly priority: number;
  /** Only conversations on these channels; an empty list matches all. */
  readonly channelIds: readonly Types.ObjectId[];
  /** Who may get conversations; an empty list means everybody. */
  readonly agentIds: readonly Types.ObjectId[];
  /** Instead of `agentIds`: the members of this team. */
  readonly teamId?: Types.ObjectId;
  readonly method: AssignmentMethod;
  readonly order: QueueOrder;
  /** Open conversations that an agent has at most, whatever policy they came by. */
  readonly capacity: number;
  readonly fairLimit: FairLimit;
  /** A reopened conversation goes to its last agent, if they are online and have room. */
  readonly isSticky: boolean;
  /** Without an answer it returns to the queue after this; absent for never. */
  readonly returnAfterSeconds?: number;
  readonly offlineGraceSeconds: number;
  /** Answered conversations also return from an agent who is offline. */
  readonly returnsAnswered: boolean;
  /** Conversations without a message for longer are not assigned; absent for any age. */
  readonly maxAgeHours?: number;
  /** Conversations with one of these labels are not assigned. */
  readonly excludedLabels: readonly Types.ObjectId[];
  readonly createdAt: Date;
  readonly version: number;
}

export const maxPriority = 50;

export const assignmentPolicyModel = declareTenantModel<AssignmentPolicyDoc>('assignment_policies', {
  name: { type: String, required: true },
  priority: { type: Number, required: true },
  channelIds: { type: [Schema.Types.ObjectId], required: true },
  agentIds: { type: [Schema.Types.ObjectId], required: true },
  teamId: Schema.Types.ObjectId,
  method: { type: String, enum: assignmentMethods, required: true },
  order: { type: String, enum: queueOrders, required: true },
  capacity: { type: Number, required: true },
  fairLimit: { type: Schema.Types.Mixed, required: true },
  isSticky: { type: Boolean, required: true },
  returnAfterSeconds: Number,
  offlineGraceSeconds: { type: Number, required: true },
  returnsAnswered: { type: Boolean, required: true },
  maxAgeHours: Number,
  excludedLabels: { type: [Schema.Types.ObjectId], required: true },
  createdAt: { type: Date, required: true },
  version: { type: Number, required: true },
});

assignmentPolicyModel.schema.index({ clientId: 1, priority: 1 }, { unique: true });
