import { ambiguousWords, normaliseWord, wordsOf, type OwnWords, type WordLists } from '../words/rules.ts';

/** In the order in which Luxon and ISO 8601 count them, from 1. */
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/** What the quiet hours hold back. */
export const holdableKinds = ['all', 'marketing'] as const;
export type HoldableKind = (typeof holdableKinds)[number];

/** By the clock on the wall of the client's time zone. Over midnight where the end is not later than the beginning. */
export interface QuietHours {
  /** `21:00`: the first minute that is quiet. */
  readonly from: string;
  /** `09:00`: the first minute that is not quiet any more. */
  readonly to: string;
  /** The days on which quiet hours begin; every day when it is missing. */
  readonly days?: readonly Weekday[];
}

const minutesPerHour = 60;

/** Minutes since midnight of a time as `21:30`. */
export const minuteOf = (time: string): number =>
  Number(time.slice(0, 2)) * minutesPerHour + Number(time.slice(3));

/** Whether a minute of a weekday (1 is Monday) is quiet. */
export function isQuietMinute({ from, to, days }: QuietHours, weekday: number, minute: number): boolean {
  const [first, end] = [minuteOf(from), minuteOf(to)];
  const beginsOn = (day: number): boolean => {
    const name = weekdays[(day + weekdays.length - 1) % weekdays.length];
    return days === undefined || days.some((chosen) => chosen === name);
  };
  if (first < end) return beginsOn(weekday) && minute >= first && minute < end;
  return (beginsOn(weekday) && minute >= first) || (beginsOn(weekday - 1) && minute < end);
}

export interface WordIssue {
  /** As `stopWords.de.0`. */
  readonly path: string;
  readonly message: string;
}

/** What is wrong with the own words of a client, beside their number and length. */
export function wordIssues(own: OwnWords): WordIssue[] {
  const words = wordsOf(own);
  const both = new Set(ambiguousWords(words));
  const issuesOf = (name: string, lists: WordLists = {}): WordIssue[] =>
    Object.entries(lists).flatMap(([language, list]) =>
      list.flatMap((word, index): WordIssue[] => {
        const path = `${name}.${language}.${index}`;
        const plain = normaliseWord(word);
        if (plain === '') return [{ path, message: 'Must have a letter or a digit.' }];
        return both.has(plain) ? [{ path, message: 'Means stop and start at once.' }] : [];
      }),
    );
  const issues = [...issuesOf('stopWords', own.stopWords), ...issuesOf('startWords', own.startWords)];
  if (words.stop.size === 0) issues.push({ path: 'stopWords', message: 'Keep at least one word for stop.' });
  return issues;
}
