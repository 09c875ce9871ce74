import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

/**
 * `waiting`: its conversation was just closed. `skipped`: there was nothing to ask about. `refused`: a gate did not let the
 * question out. `asked`: the question was accepted as a message.
 */
export const surveySteps = ['waiting', 'skipped', 'refused', 'asked'] as const;
export type SurveyStep = (typeof surveySteps)[number];

/** What a message is in its survey; `score` and `comment` are the contact's. */
export type SurveyPart = 'question' | 'score' | 'comment-question' | 'comment' | 'thanks';

/** The survey that a message belongs to. */
export interface SurveyMark {
  readonly id: Types.ObjectId;
  readonly part: SurveyPart;
}

/** A score that the contact chose. */
export interface Choice {
  readonly score: number;
  /** By the provider's clock. */
  readonly at: Date;
  /** The provider's id of the message. */
  readonly key: string;
  readonly messageId: Types.ObjectId;
}

/** What became of the message with the question. */
export interface AskedQuestion {
  readonly messageId: Types.ObjectId;
  /** Of that message, or of a later one that retries it. */
  readonly status: string;
  readonly failureCode?: string;
  /** By which an older state is told from a newer one. */
  readonly timestamp: Date;
  readonly revision: number;
}

export interface SurveyComment {
  /** The beginning; the message has all of it. */
  readonly text: string;
  readonly at: Date;
  readonly messageId: Types.ObjectId;
}

/** The survey of one episode of a conversation: from its beginning, or its reopening, to its closing. */
export interface SurveyDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly conversationId: Types.ObjectId;
  /** How often the conversation had been reopened when it was closed. */
  readonly cycle: number;
  readonly contactId: Types.ObjectId;
  readonly channelId: Types.ObjectId;
  /** To whom the conversation was assigned when it was closed. */
  readonly agentId?: Types.ObjectId;
  readonly closedAt: Date;
  /** The closing before; what was said until then is of an earlier episode. */
  readonly since?: Date;
  /** Part of the ids of its answers. */
  readonly secret: string;
  readonly step: SurveyStep;
  /** Why it was skipped or refused. */
  readonly reason?: string;
  readonly question?: AskedQuestion;
  /** Oldest first. */
  readonly choices?: readonly Choice[];
  /** The choice that counts. */
  readonly score?: number;
  readonly answeredAt?: Date;
  readonly answerId?: Types.ObjectId;
  /** Until when the next text of the contact is the comment; absent once there is one, and if none is asked for. */
  readonly commentUntil?: Date;
  readonly commentQuestionId?: Types.ObjectId;
  readonly comment?: SurveyComment;
  readonly thanksId?: Types.ObjectId;
  readonly version: number;
}

export const surveyModel = declareTenantModel<SurveyDoc>('surveys', {
  conversationId: { type: Schema.Types.ObjectId, required: true },
  cycle: { type: Number, required: true },
  contactId: { type: Schema.Types.ObjectId, required: true },
  channelId: { type: Schema.Types.ObjectId, required: true },
  agentId: Schema.Types.ObjectId,
  closedAt: { type: Date, required: true },
  since: Date,
  secret: { type: String, required: true },
  step: { type: String, enum: surveySteps, required: true },
  reason: String,
  question: Schema.Types.Mixed,
  choices: { type: [Schema.Types.Mixed], default: undefined },
  score: Number,
  answeredAt: Date,
  answerId: Schema.Types.ObjectId,
  commentUntil: Date,
  commentQuestionId: Schema.Types.ObjectId,
  comment: Schema.Types.Mixed,
  thanksId: Schema.Types.ObjectId,
  version: { type: Number, required: true },
});

// Once for each episode, for ever.
surveyModel.schema.index({ clientId: 1, conversationId: 1, cycle: 1 }, { unique: true });
// The lists, latest closing first.
surveyModel.schema.index({ clientId: 1, closedAt: -1, _id: -1 });
for (const field of ['conversationId', 'contactId'] as const)
  surveyModel.schema.index({ clientId: 1, [field]: 1, closedAt: -1, _id: -1 });
surveyModel.schema.index(
  { clientId: 1, agentId: 1, closedAt: -1, _id: -1 },
  { partialFilterExpression: { agentId: { $exists: true } } },
);
surveyModel.schema.index(
  { clientId: 1, score: 1, closedAt: -1, _id: -1 },
  { partialFilterExpression: { score: { $exists: true } } },
);
surveyModel.schema.index(
  { clientId: 1, closedAt: -1, _id: -1 },
  { name: 'answered', partialFilterExpression: { score: { $exists: true } } },
);
// Whose next text is a comment.
surveyModel.schema.index(
  { clientId: 1, contactId: 1, channelId: 1, commentUntil: 1 },
  { name: 'awaits-comment', partialFilterExpression: { commentUntil: { $exists: true } } },
);
// What a text that quotes the comment question comments on.
surveyModel.schema.index(
  { clientId: 1, commentQuestionId: 1 },
  { unique: true, partialFilterExpression: { commentQuestionId: { $exists: true } } },
);
