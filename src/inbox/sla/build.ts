import type { AuditService } from '../../audit/service.ts';
import type { ChannelDirectory } from '../../channels/directory.ts';
import type { Clock as TimeSource } from '../../platform/clock.ts';
import type { MongoConnection } from '../../platform/mongo.ts';
import type { Timers } from '../../timers/timers.ts';
import type { HoursDependents } from '../business-hours/dependents.ts';
import type { BusinessHoursReader } from '../business-hours/reader.ts';
import { createAnswerLog } from './answer-log.ts';
import { createSlaClockRepository } from './clocks/repository.ts';
import { createClockStore, type ClockStoreDeps } from './clocks/store.ts';
import { createDeadlines } from './deadlines.ts';
import { createSlaPolicyRepository, type SlaPolicyRepository } from './policies/repository.ts';
import { createFollowPolicy, createSlaPolicyUseCases, type FollowPolicy } from './policies/use-cases.ts';
import { createSlaTimerHandlers } from './timer-handlers.ts';

export interface SlaDeps {
  readonly mongo: MongoConnection;
  readonly hours: BusinessHoursReader;
  readonly markBreached: ClockStoreDeps['markBreached'];
  readonly timers: Pick<Timers, 'arm' | 'disarm'>;
  readonly audit: AuditService;
  readonly time: TimeSource;
}

/** Service levels: policies, and the clocks of conversations. */
export function buildSla({ mongo, hours, markBreached, timers, audit, time }: SlaDeps) {
  const policies = createSlaPolicyRepository(mongo);
  const clocks = createSlaClockRepository(mongo);
  const store = createClockStore({ clocks, timers, markBreached, audit, time });
  const follow = createFollowPolicy(timers, time);
  const { runInTransaction } = audit;
  const deps = { policies, hours, clocks, store, time };
  return {
    deadlines: createDeadlines(deps),
    answers: createAnswerLog({ policies, hours, clocks, store, time, runInTransaction }),
    timerHandlers: createSlaTimerHandlers({ policies, hours, clocks, store, time, timers, runInTransaction }),
    hoursDependents: createHoursDependents(policies, follow),

    policyUseCases: ({ channels }: { readonly channels: Pick<ChannelDirectory, 'findById'> }) =>
      createSlaPolicyUseCases({ policies, hours, channels, follow, audit, time }),
  };
}

/** The policies that count by the hours. */
const createHoursDependents = (
  policies: Pick<SlaPolicyRepository, 'list'>,
  follow: FollowPolicy,
): HoursDependents => ({
  async anyOf(scope, hoursId, session) {
    const found = await policies.list(scope, session);
    const policy = found.find(({ businessHoursId }) => businessHoursId?.equals(hoursId));
    return policy === undefined ? null : `the service level ${policy._id.toHexString()}`;
  },

  async follow(scope, hoursId, session) {
    for (const { _id, businessHoursId } of await policies.list(scope, session))
      if (businessHoursId?.equals(hoursId)) await follow(scope, _id, session);
  },
});
