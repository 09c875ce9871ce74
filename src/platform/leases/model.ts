import { declarePlatformModel } from '../declare-model.ts';

/** The right of one process to run a loop that must not run twice. */
export interface LeaseDoc {
  /** The name of the loop. */
  readonly _id: string;
  /** The process that holds it. */
  readonly holder: string;
  readonly until: Date;
}

export const leaseModel = declarePlatformModel<LeaseDoc>('leases', {
  holder: { type: String, required: true },
  until: { type: Date, required: true },
});

// The lease of a loop that no version has any more.
leaseModel.schema.index({ until: 1 }, { expireAfterSeconds: 24 * 60 * 60 });
