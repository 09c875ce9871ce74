import type { BusinessHoursDoc } from '../../business-hours/reader.ts';
import type { SlaPolicyDoc } from '../policies/repository.ts';
import { targetOf } from '../policies/rules.ts';
import { judge } from './clock.ts';
import type { SlaClockDoc } from './model.ts';
import { scheduleOf, type Course, type Schedule } from './schedule.ts';

/** A policy and its hours as they are now; the policy is null once it is deleted. */
export interface Current {
  readonly policy: SlaPolicyDoc | null;
  readonly hours: BusinessHoursDoc | null;
}

/** A policy is never version 0, so that every clock of a deleted one is outdated. */
export const versionsOf = ({ policy, hours }: Current) => ({
  policyVersion: policy?.version ?? 0,
  hoursVersion: hours?.version ?? 0,
});

export function isOutdated(clock: SlaClockDoc, current: Current): boolean {
  const { policyVersion, hoursVersion } = versionsOf(current);
  return clock.policyVersion !== policyVersion || clock.hoursVersion !== hoursVersion;
}

/** When a deadline of the kind is due; null if the policy does not measure it. */
export function scheduleBy(
  { policy, hours }: Current,
  kind: SlaClockDoc['kind'],
  course: Course,
): Schedule | null {
  const targetMs = policy === null ? null : targetOf(policy, kind);
  if (policy === null || targetMs === null) return null;
  return scheduleOf({ targetMs, warnAt: policy.warnAt ?? null, calendar: hours }, course);
}

/** A clock that goes on after it had ended, with the times of the policy now. */
export function reschedule(clock: SlaClockDoc, current: Current, now: Date): SlaClockDoc {
  const schedule = scheduleBy(current, clock.kind, clock);
  const versions = versionsOf(current);
  return schedule === null
    ? { ...clock, ...versions, stoppedAt: clock.stoppedAt ?? now }
    : { ...clock, ...versions, ...schedule };
}

/**
 * A live clock with the times that the policy and its hours give it now, counted from its start. It stops if they no
 * longer measure it.
 */
export function refresh(clock: SlaClockDoc, current: Current, now: Date): SlaClockDoc {
  const next = reschedule(clock, current, now);
  return judge(next, next.stoppedAt === null ? null : { at: next.stoppedAt, as: 'void' }, now);
}
