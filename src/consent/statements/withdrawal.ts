import type { Types } from 'mongoose';

/** A statement of a contact that cancels its waiting messages. */
export interface Withdrawal {
  /** Identifies the statement, which may be applied more than once. */
  readonly statementId: string;
  /** For the history of each message. */
  readonly reason: string;
  readonly at: Date;
  /** Only messages of this category; all if missing. */
  readonly category?: 'marketing';
  /** Spares answers that were written since, by authors who could see an opt-out. */
  readonly sparesAnswersSince?: Date;
}

/** Whose waiting messages a statement cancels: those for these contacts, and those to these addresses. */
export interface Reach {
  readonly contactIds: readonly Types.ObjectId[];
  /** E.164, in every spelling. */
  readonly phoneNumbers: readonly string[];
  /** Business-scoped user ids. */
  readonly userIds: readonly string[];
}

/** The effects of a statement so far, read from the messages themselves. */
export interface Withdrawn {
  readonly canceled: readonly Types.ObjectId[];
  /** Messages that were being handed to the provider when the statement arrived, and may have been sent. */
  readonly mayHaveLeft: readonly Types.ObjectId[];
}
