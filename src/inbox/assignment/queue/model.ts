import type { Types } from 'mongoose';
import { declareTenantModel } from '../../../platform/declare-model.ts';

/**
 * A cause to look at the queue of a client. Each cause is a document of its own, written in its transaction, so that no
 * two transactions meet on one document.
 */
export interface QueueWakeDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly dueAt: Date;
}

export const queueWakeModel = declareTenantModel<QueueWakeDoc>('queue_wakes', {
  dueAt: { type: Date, required: true },
});

queueWakeModel.schema.index({ clientId: 1, dueAt: 1 });
