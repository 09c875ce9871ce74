import type { ConversationOrder } from './order.ts';

/** An unread count stops here. */
export const maxUnreadCount = 100;

/** What a conversation knows of reading. */
export interface ReadingState extends Pick<ConversationOrder, 'lastArrival'> {
  /** The number of the message up to which everything is read. */
  readonly readUpTo?: number;
  /** Above 0 while something is unread. */
  readonly unreadCount: number;
}

export type NextReading = Required<Pick<ReadingState, 'readUpTo' | 'unreadCount'>>;

/** The messages after this number are unread. Messages of earlier versions have none, or one below 1. */
export const readUpToOf = ({ readUpTo = 0 }: Pick<ReadingState, 'readUpTo'>): number => readUpTo;

/** The state after somebody has read up to the message with this number; null if that changes nothing. */
export function afterReading(state: ReadingState, position: number): NextReading | null {
  const { lastArrival = 0, unreadCount } = state;
  const readUpTo = Math.max(readUpToOf(state), Math.min(position, lastArrival));
  return changed(state, { readUpTo, unreadCount: position >= lastArrival ? 0 : unreadCount });
}

/** The state after everything behind this number became unread; null if it was. */
export function afterUnreading(state: ReadingState, position: number): NextReading | null {
  const { lastArrival = 0, unreadCount } = state;
  const readUpTo = Math.min(readUpToOf(state), position);
  return changed(state, {
    readUpTo,
    unreadCount: lastArrival > readUpTo ? Math.max(1, unreadCount) : unreadCount,
  });
}

const changed = (state: ReadingState, next: NextReading): NextReading | null =>
  next.readUpTo === readUpToOf(state) && next.unreadCount === state.unreadCount ? null : next;

/**
 * The number to show. While the version before this one runs beside it, that one takes messages in without counting them:
 * they show as one until they are read.
 */
export const shownUnread = ({ unreadCount }: Pick<ReadingState, 'unreadCount'>, counted: number): number =>
  unreadCount <= 0 ? 0 : Math.min(Math.max(1, counted), maxUnreadCount);
