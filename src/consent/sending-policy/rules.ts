import { ambiguousWords, normaliseWord, wordsOf, type CustomWords, type WordLists } from '../words/rules.ts';

/** In the order of Luxon and ISO 8601, which count from 1. */
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/** The messages that quiet hours hold. */
export const holdableKinds = ['all', 'marketing'] as const;
export type HoldableKind = (typeof holdableKinds)[number];

/** In the client's time zone. They cross midnight if `to` is not later than `from`. */
export interface QuietHours {
  /** `21:00`: the first quiet minute. */
  readonly from: string;
  /** `09:00`: the first minute after. */
  readonly to: string;
  /** The days on which quiet hours begin; every day if missing. */
  readonly days?: readonly Weekday[];
}

const minutesPerHour = 60;

/** Minutes since midnight of a time such as `21:30`. */
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
  /** For example `stopWords.de.0`. */
  readonly path: string;
  readonly message: string;
}

/** Problems of a client's own words, except their number and length. */
export function wordIssues(own: CustomWords): WordIssue[] {
  const words = wordsOf(own);
  const both = new Set(ambiguousWords(words));
  const issuesOf = (name: string, lists: WordLists = {}): WordIssue[] =>
    Object.entries(lists).flatMap(([language, list]) =>
      list.flatMap((word, index): WordIssue[] => {
        const path = `${name}.${language}.${index}`;
        const plain = normaliseWord(word);
        if (plain === '') return [{ path, message: 'Must contain a letter or a digit.' }];
        return both.has(plain) ? [{ path, message: 'Must not be both a stop and a start word.' }] : [];
      }),
    );
  const issues = [...issuesOf('stopWords', own.stopWords), ...issuesOf('startWords', own.startWords)];
  if (words.stop.size === 0)
    issues.push({ path: 'stopWords', message: 'Must leave at least one stop word.' });
  return issues;
}
