import { z } from 'zod';
import { isoTime, objectIdText, openEnum } from '../../platform/fields.ts';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { ContactSummary } from '../conversations/contacts.ts';
import { surveyStates } from './rules.ts';

const times = {
  since: isoTime.optional().meta({ description: 'Closed from this time on' }),
  until: isoTime.optional().meta({ description: 'Closed before this time' }),
};

const agentId = objectIdText
  .optional()
  .meta({ description: 'Only of conversations that were assigned to this user at their closing' });

export const ListSurveysQuery = z.strictObject({
  ...pageQuery,
  conversationId: objectIdText.optional(),
  agentId,
  contactId: objectIdText.optional(),
  score: z
    .preprocess(
      (value) => (typeof value === 'string' && /^[1-5]$/.test(value) ? Number(value) : value),
      z.int().min(1).max(5).optional(),
    )
    .meta({ description: 'Only with this score, from 1 to 5' }),
  answered: z.enum(['true', 'false']).optional().meta({ description: 'Only with a score, or only without' }),
  ...times,
});

export const SummariseSurveysQuery = z.strictObject({ agentId, ...times });

const SurveyState = openEnum(surveyStates).meta({
  id: 'SurveyState',
  description:
    '`waiting`: its conversation was just closed. `skipped`: there was nothing to ask about. `refused`: the question was not ' +
    'accepted. `failed`: the contact did not get it. `sent`: it is on its way, or there. `answered`: there is a score. ' +
    'Later versions may have more',
});

const aboutReason =
  'Why nobody answers. Skipped: `reopened`, `switched-off`, `contact-silent` or `not-answered`, if no person of the business ' +
  'had answered. Refused: the code of the problem, such as `contact-opted-out`. Failed: that of the message. Else null';

const score = z.int().min(1).max(5).nullable().meta({ description: 'From 1 to 5; null without an answer' });

const SurveyCommentView = z
  .object({
    text: z.string().nullable().meta({
      description: 'The beginning, as first sent; its message has all of it. Null if the contact deleted it',
    }),
    createdAt: z.iso.datetime(),
    messageId: z.string(),
  })
  .meta({ id: 'SurveyComment' });

const messageId = (what: string) => z.string().nullable().meta({ description: what });

const example = {
  id: '665f1f77bcf86cd799439061',
  conversationId: '665f1c2ab7e4d3a9c8b01240',
  contactId: '665f1c2ab7e4d3a9c8b01220',
  contact: { id: '665f1c2ab7e4d3a9c8b01220', name: 'Ana Souza', phoneNumber: '+15550001001' },
  channelId: '665f1c2ab7e4d3a9c8b01210',
  agentId: '665f1c2ab7e4d3a9c8b01234',
  closedAt: '2026-11-29T08:00:00.000Z',
  state: 'answered',
  reason: null,
  score: 4,
  answeredAt: '2026-11-29T08:05:00.000Z',
  comment: {
    text: 'Quick, but the price was wrong at first.',
    ...{ createdAt: '2026-11-29T08:06:00.000Z', messageId: '665f1c2ab7e4d3a9c8b01254' },
  },
  questionId: '665f1c2ab7e4d3a9c8b01251',
  answerId: '665f1c2ab7e4d3a9c8b01252',
  commentQuestionId: '665f1c2ab7e4d3a9c8b01253',
  thanksId: null,
  createdAt: '2026-11-29T08:00:00.000Z',
};

export const SurveyView = z
  .object({
    id: z.string(),
    conversationId: z.string(),
    contactId: z.string(),
    contact: ContactSummary.nullable().meta({ description: 'As it is now; null if it was deleted' }),
    channelId: z.string(),
    agentId: z
      .string()
      .nullable()
      .meta({ description: 'To whom the conversation was assigned at its closing; null if to nobody' }),
    closedAt: z.iso.datetime(),
    state: SurveyState,
    reason: z.string().nullable().meta({ description: aboutReason }),
    score,
    answeredAt: z.iso.datetime().nullable().meta({ description: 'When the contact chose it' }),
    comment: SurveyCommentView.nullable(),
    questionId: messageId('The message with the question, or the latest that retries it'),
    answerId: messageId('The message with the score'),
    commentQuestionId: messageId('The message that asks for a comment'),
    thanksId: messageId('The message that says thanks'),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Survey', examples: [example] });
export type SurveyView = z.input<typeof SurveyView>;

export const SurveyPage = pageOf(SurveyView, 'SurveyPage');

const count = z.int().min(0);
const countsByScore = z
  .object({ 1: count, 2: count, 3: count, 4: count, 5: count })
  .meta({ id: 'SurveyScoreCounts' });

export const SurveySummaryView = z
  .object({
    sent: count.meta({ description: 'Questions that contacts got, or that are on their way' }),
    answered: count,
    share: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .meta({ description: 'Answered of sent; null if none was sent' }),
    averageScore: z.number().min(1).max(5).nullable().meta({ description: 'Null without an answer' }),
    scores: countsByScore,
  })
  .meta({
    id: 'SurveySummary',
    examples: [
      { sent: 8, answered: 4, share: 0.5, averageScore: 4.25, scores: { 1: 0, 2: 0, 3: 1, 4: 1, 5: 2 } },
    ],
  });
export type SurveySummaryView = z.input<typeof SurveySummaryView>;
