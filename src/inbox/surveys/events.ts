import type { NewEvent } from '../../events/declare.ts';
import type { SurveyDoc } from './repository.ts';

/** The event of the present state of a survey. Pure. */
export const surveyEventOf = (
  type: 'survey.sent' | 'survey.answered' | 'survey.commented',
  survey: SurveyDoc,
): NewEvent => ({
  type,
  entity: { type: 'survey', id: survey._id },
  version: survey.version,
  view: {
    conversationId: survey.conversationId.toHexString(),
    contactId: survey.contactId.toHexString(),
    agentId: survey.agentId?.toHexString() ?? null,
    closedAt: survey.closedAt.toISOString(),
    score: survey.score ?? null,
    hasComment: survey.comment !== undefined,
  },
});
