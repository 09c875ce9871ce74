import type { Types } from 'mongoose';

/** What a person has said that takes back what waits for them. */
export interface Withdrawal {
  /** Names the statement; the same one may be carried out again. */
  readonly statementId: string;
  /** For the history of each message. */
  readonly reason: string;
  readonly at: Date;
  /** Only messages of this category; all when it is missing. */
  readonly category?: 'marketing';
}

/** What a statement has done so far, read from the messages themselves. */
export interface Withdrawn {
  readonly canceled: readonly Types.ObjectId[];
  /** Were being handed over when the statement came, and have left or may have. */
  readonly mayHaveLeft: readonly Types.ObjectId[];
}
