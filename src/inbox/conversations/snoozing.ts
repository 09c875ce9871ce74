import { AppError } from '../../platform/errors.ts';
import { instantOf, localTime } from '../../platform/zones.ts';
import type { ConversationRecord, ConversationSnooze } from './model.ts';

export const snoozePresets = ['tomorrow-morning', 'tomorrow-afternoon', 'monday-morning'] as const;
export type SnoozePreset = (typeof snoozePresets)[number];

/** How long a user wants to set a conversation aside. */
export type SnoozeWish =
  | { readonly kind: 'until'; readonly at: Date }
  | { readonly kind: 'until-reply' }
  /** On the clocks of the zone, by its own calendar. */
  | { readonly kind: 'preset'; readonly preset: SnoozePreset; readonly zone: string };

const minuteMs = 60_000;
const minSnoozeMs = minuteMs;
const maxSnoozeMs = 365 * 24 * 60 * minuteMs;

const morning = 9;
const afternoon = 14;

/** The snooze that a wish means at `now`; null if its time is past, or nearer or farther than is allowed. */
export function snoozeOf(wish: SnoozeWish, now: Date): ConversationSnooze | null {
  if (wish.kind === 'until-reply') return { until: null };
  const until = wish.kind === 'until' ? wish.at : presetTime(wish.preset, wish.zone, now);
  const aheadMs = until.getTime() - now.getTime();
  return aheadMs >= minSnoozeMs && aheadMs <= maxSnoozeMs ? { until } : null;
}

/** As `snoozeOf`; throws `invalid-input` with the path of the time instead of null. */
export function requireSnooze(wish: SnoozeWish, now: Date, path: string): ConversationSnooze {
  const snooze = snoozeOf(wish, now);
  if (snooze !== null) return snooze;
  throw new AppError('invalid-input', 'The conversation cannot be snoozed until then.', {
    errors: [{ path, message: 'Must be at least a minute and at most 365 days ahead.' }],
  });
}

/** When the clocks of a place show the time that the preset names, seen from `now`. */
export function presetTime(preset: SnoozePreset, zone: string, now: Date): Date {
  const today = localTime(now, zone);
  // Counted from 1, as days of the week are: on a Monday it is the next one.
  const days = preset === 'monday-morning' ? 8 - today.weekday : 1;
  const { year, month, day } = dateAfter({ year: today.year, month: today.month, day: today.day }, days);
  const hour = preset === 'tomorrow-afternoon' ? afternoon : morning;
  return instantOf({ year, month, day, hour, minute: 0 }, zone);
}

interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** The date some days later, by the calendar alone. */
function dateAfter({ year, month, day }: CalendarDate, days: number): CalendarDate {
  const date = new Date(Date.UTC(year, month - 1, day + days));
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/**
 * Whether the timer that was set for `dueAt` ends the snooze: only if it is the snooze that set it. A later snooze has a
 * timer of its own, and a conversation that was woken, closed or set aside by hand is not snoozed any more.
 */
export const isWokenAt = (
  { status, snooze }: Pick<ConversationRecord, 'status' | 'snooze'>,
  dueAt: Date,
): boolean => status === 'pending' && snooze?.until?.getTime() === dueAt.getTime();
