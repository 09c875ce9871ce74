import type { Types } from 'mongoose';
import { mapConcurrently } from '../../platform/concurrency.ts';
import { scopeOf } from '../../platform/mongo.ts';
import type { SurveyMark } from './model.ts';
import type { SurveyRepository } from './repository.ts';

/** The present state of a message that may belong to a survey. */
export interface FollowedMessage {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly survey?: SurveyMark;
  readonly status: string;
  readonly failure?: { readonly code: string };
  readonly timestamp: Date;
  readonly revision?: number;
  readonly revokedAt?: Date;
}

export type FollowMessages = (messages: readonly FollowedMessage[]) => Promise<void>;

const maxConcurrentWrites = 4;

/** Notes in the surveys what became of their messages. Repetitions, and older states, change nothing. */
export const createFollowMessages =
  (surveys: Pick<SurveyRepository, 'noteQuestion' | 'forgetComment'>): FollowMessages =>
  async (messages) => {
    await mapConcurrently(messages, maxConcurrentWrites, async (message) => {
      const {
        _id: messageId,
        clientId,
        survey,
        status,
        failure,
        timestamp,
        revision = 0,
        revokedAt,
      } = message;
      const scope = scopeOf(clientId);
      if (survey?.part === 'comment' && revokedAt !== undefined)
        await surveys.forgetComment(scope, survey.id, messageId);
      if (survey?.part !== 'question') return;
      const code = failure === undefined ? {} : { failureCode: failure.code };
      await surveys.noteQuestion(scope, survey.id, { messageId, status, ...code, timestamp, revision });
    });
  };
