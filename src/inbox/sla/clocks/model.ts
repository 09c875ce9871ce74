import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../../platform/declare-model.ts';
import { deadlineKinds, type DeadlineKind } from '../../conversations/deadlines.ts';
import { clockStates } from './clock.ts';
import type { Response } from './responses.ts';

/** One deadline of a conversation, and how it went. */
export interface SlaClockDoc extends Response {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly conversationId: Types.ObjectId;
  /** Each reopening of the conversation begins another one, so that a breach of an earlier one stays. */
  readonly cycle: number;
  readonly kind: DeadlineKind;
  readonly policyId: Types.ObjectId;
  /** The versions with which its times were computed; those of the hours are 0 if the policy names none. */
  readonly policyVersion: number;
  readonly hoursVersion: number;
  /** The latest one of its kind, which views show. */
  readonly isShown?: true;
  /** The deadline had passed when the message arrived, so nobody could meet it. */
  readonly lateArrival: boolean;
  /** To whom the conversation was assigned when the breach was stored. */
  readonly breachedWhileAssignedTo?: Types.ObjectId;
  readonly createdAt: Date;
  readonly version: number;
}

const instant = { type: Date, default: null };

export const slaClockModel = declareTenantModel<SlaClockDoc>('sla_clocks', {
  conversationId: { type: Schema.Types.ObjectId, required: true },
  cycle: { type: Number, required: true },
  kind: { type: String, enum: deadlineKinds, required: true },
  round: { type: Number, required: true },
  policyId: { type: Schema.Types.ObjectId, required: true },
  policyVersion: { type: Number, required: true },
  hoursVersion: { type: Number, required: true },
  startedAt: { type: Date, required: true },
  dueAt: instant,
  warnAt: instant,
  pauses: { type: [Schema.Types.Mixed], required: true },
  asks: { type: [Date], required: true },
  answers: { type: [Schema.Types.Mixed], required: true },
  state: { type: String, enum: clockStates, required: true },
  stoppedAt: instant,
  endedAt: instant,
  warnedAt: instant,
  breachedAt: instant,
  isShown: Boolean,
  lateArrival: { type: Boolean, required: true },
  breachedWhileAssignedTo: Schema.Types.ObjectId,
  createdAt: { type: Date, required: true },
  version: { type: Number, required: true },
});

// One for each wait; the order serves the latest ones of a conversation.
slaClockModel.schema.index(
  { clientId: 1, conversationId: 1, cycle: -1, round: -1, kind: 1 },
  { unique: true },
);
slaClockModel.schema.index(
  { clientId: 1, conversationId: 1 },
  { name: 'shown', partialFilterExpression: { isShown: true } },
);
// For edits of a policy: the clocks that they may move.
slaClockModel.schema.index(
  { clientId: 1, policyId: 1, _id: 1 },
  { name: 'live', partialFilterExpression: { state: { $in: ['running', 'paused'] } } },
);
