import type { Connection } from 'mongoose';
import type { Clock } from '../platform/clock.ts';
import { createQuota, type Quota, type QuotaOptions } from './quota.ts';
import { createUsageRepository } from './repository.ts';

export type { Quota } from './quota.ts';

interface QuotaDeps extends Pick<QuotaOptions, 'bytesPerDay'> {
  readonly mongo: Connection;
  readonly clock: Clock;
}

/** Bounds what each business stores in a day; for the API process, which takes in all that strangers send. */
export const buildQuota = ({ mongo, clock, bytesPerDay }: QuotaDeps): Quota =>
  createQuota({ usage: createUsageRepository(mongo), clock, bytesPerDay });
