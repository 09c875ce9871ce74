import type { Types } from 'mongoose';
import type { Waiting } from '../../gates/rules.ts';

/** What happens to a message before its call. Types only. */

/** Why an unsent message waits, and since when for this reason. */
export interface WaitingState extends Waiting {
  readonly since: Date;
}

/** Earlier answers that were stuck, and when a later one stopped waiting for them. */
export interface Overtaking {
  readonly at: Date;
  readonly messageIds: readonly Types.ObjectId[];
}

/** A change of the words: by a user, or found right before a call because the template has changed. */
export interface Rewording {
  readonly at: Date;
  /** The text before. */
  readonly from: string;
  /** The user who changed it; absent if the template has changed. */
  readonly by?: Types.ObjectId;
}

/** A change of the recipient, found right before a call because the contact has changed. Numbers or user ids. */
export interface Readdressing {
  readonly at: Date;
  readonly from: string;
  readonly to: string;
  /** The user who changed the contact; absent if the system did. */
  readonly by?: Types.ObjectId;
}
