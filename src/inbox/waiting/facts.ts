import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { AnswerReport } from '../sla/answer-log.ts';
import type { AnswerChange } from './open-asks.ts';

/** Which messages of the contact may still wait. */
export interface AskRange {
  readonly conversationId: Types.ObjectId;
  /** Those that were written later than a second before this; null for all. */
  readonly answeredAt: Date | null;
  /** Those with a later number; undefined for all. */
  readonly settledArrivals: number | undefined;
}

/** What makes a contact wait: messages and answers. Sending has them. */
export interface WaitFacts {
  /** Adds a report to what is known of an answer, in any order and with any repetition; null if it adds nothing. */
  noteAnswer(scope: ClientScope, report: AnswerReport, session: ClientSession): Promise<AnswerChange | null>;

  /** When the latest answer left that counts; null if there is none. */
  findLastAnswer(
    scope: ClientScope,
    conversationId: Types.ObjectId,
    session: ClientSession,
  ): Promise<Date | null>;

  /** When the contact wrote the first message in the range that awaits an answer; null if there is none. */
  findFirstAsk(scope: ClientScope, range: AskRange, session: ClientSession): Promise<Date | null>;

  /** Notes what earlier versions stored of the latest answers. */
  noteEarlierAnswers(scope: ClientScope, conversationId: Types.ObjectId): Promise<void>;

  /** The highest number of a message of the contact that was stored until then; 0 if there is none. */
  findLastArrivalUntil(scope: ClientScope, conversationId: Types.ObjectId, until: Date): Promise<number>;
}
