import type { Clock } from '../../platform/clock.ts';
import type { Timers } from '../../timers/timers.ts';
import type { InboxSettingsReader } from '../settings/reader.ts';
import type { FollowReading } from './reading-use-cases.ts';

/** The kind of the timer that shows the contact what was read; its subject is the conversation. Sending handles it. */
export const readMarkTimer = 'conversation.read-mark';

interface FollowReadingDeps {
  readonly readSettings: InboxSettingsReader;
  readonly timers: Pick<Timers, 'arm'>;
  readonly clock: Clock;
}

/** One timer for each conversation: reads in a row end in one call to the provider. */
export const createFollowReading =
  ({ readSettings, timers, clock }: FollowReadingDeps): FollowReading =>
  async (scope, { _id: subjectId, group }, session) => {
    if (group !== undefined || !(await readSettings(scope, session)).shareReadMarks) return;
    await timers.arm(scope, { kind: readMarkTimer, subjectId, dueAt: clock.now() }, session);
  };
