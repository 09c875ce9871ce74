import type { z } from 'zod';
import { route } from '../../http/route.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { decodeCursor } from '../../platform/pagination.ts';
import { ListSurveysQuery, SummariseSurveysQuery, SurveyPage, SurveySummaryView } from './schemas.ts';
import type { SurveyFilter, SurveyUseCases } from './use-cases.ts';
import { toSummaryView, toSurveyView } from './view.ts';

const tag = 'Surveys';
const access = ['admin', 'agent'] as const;

type Query = Partial<Omit<z.output<typeof ListSurveysQuery>, 'limit' | 'cursor'>>;

function filterOf({ answered, ...given }: Query): SurveyFilter {
  const { conversationId, agentId, contactId, score, since, until } = given;
  return {
    ...(conversationId === undefined ? {} : { conversationId }),
    ...(agentId === undefined ? {} : { agentId }),
    ...(contactId === undefined ? {} : { contactId }),
    ...(score === undefined ? {} : { score }),
    ...(answered === undefined ? {} : { isAnswered: answered === 'true' }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
}

export const surveyRoutes = ({ surveys }: { readonly surveys: SurveyUseCases }) => [
  route({
    method: 'get',
    path: '/api/surveys',
    operationId: 'listSurveys',
    summary: 'List satisfaction surveys',
    description:
      'One for each time that a conversation was closed while the inbox settings had a survey and the customer service window ' +
      'was open; latest closing first. Filters are combined.',
    tag,
    access,
    query: ListSurveysQuery,
    replies: { 200: SurveyPage },
    problems: ['search-too-broad'],
    async handle({ actor, query: { limit, cursor, ...query } }) {
      const after = cursor === undefined ? null : decodeCursor(cursor, 'date');
      const page = await surveys.list(scopeOf(actor.clientId), filterOf(query), { limit, after });
      const items = page.items.map(({ survey, contact }) => toSurveyView(survey, contact));
      return { status: 200, body: { ...page, items } };
    },
  }),
  route({
    method: 'get',
    path: '/api/surveys/summary',
    operationId: 'getSurveySummary',
    summary: 'Get the summary of satisfaction surveys',
    description: 'Counted from the surveys when you ask. By the time of the closing.',
    tag,
    access,
    query: SummariseSurveysQuery,
    replies: { 200: SurveySummaryView },
    problems: ['search-too-broad'],
    async handle({ actor, query }) {
      return {
        status: 200,
        body: toSummaryView(await surveys.summarise(scopeOf(actor.clientId), filterOf(query))),
      };
    },
  }),
];
