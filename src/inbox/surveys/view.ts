import type { ContactDoc } from '../../people/contacts/directory.ts';
import { toContactSummary } from '../conversations/contacts.ts';
import { stateOf } from './rules.ts';
import type { SurveySummaryView, SurveyView } from './schemas.ts';
import type { ScoreCount, SurveyDoc } from './use-cases.ts';

const hex = (id: { toHexString(): string } | undefined): string | null => id?.toHexString() ?? null;

export function toSurveyView(survey: SurveyDoc, contact: ContactDoc | null): SurveyView {
  const { comment, question } = survey;
  const state = stateOf(survey);
  const closedAt = survey.closedAt.toISOString();
  return {
    id: survey._id.toHexString(),
    conversationId: survey.conversationId.toHexString(),
    contactId: survey.contactId.toHexString(),
    contact: contact === null ? null : toContactSummary(contact),
    channelId: survey.channelId.toHexString(),
    agentId: hex(survey.agentId),
    closedAt,
    state,
    reason:
      survey.reason ?? (state === 'failed' ? (question?.failureCode ?? question?.status ?? null) : null),
    score: survey.score ?? null,
    answeredAt: survey.answeredAt?.toISOString() ?? null,
    comment:
      comment === undefined
        ? null
        : {
            text: comment.text === '' ? null : comment.text,
            createdAt: comment.at.toISOString(),
            messageId: comment.messageId.toHexString(),
          },
    questionId: hex(question?.messageId),
    answerId: hex(survey.answerId),
    commentQuestionId: hex(survey.commentQuestionId),
    thanksId: hex(survey.thanksId),
    createdAt: closedAt,
  };
}

/** Two decimals are what people compare. */
const rounded = (value: number): number => Math.round(value * 100) / 100;

export function toSummaryView(counts: readonly ScoreCount[]): SurveySummaryView {
  const of = (wanted: number): number => counts.find(({ score }) => score === wanted)?.count ?? 0;
  const scores = { 1: of(1), 2: of(2), 3: of(3), 4: of(4), 5: of(5) };
  const total = counts.reduce((sum, { score, count }) => sum + (score ?? 0) * count, 0);
  const sent = counts.reduce((sum, { count }) => sum + count, 0);
  const answered = Object.values(scores).reduce((sum, count) => sum + count, 0);
  return {
    ...{ sent, answered, share: sent === 0 ? null : rounded(answered / sent) },
    averageScore: answered === 0 ? null : rounded(total / answered),
    scores,
  };
}
