import type { FindShownSurveys } from '../conversations/surveys.ts';
import type { SurveyRepository } from './repository.ts';
import { stateOf } from './rules.ts';

/** One query for a whole page of conversations. */
export const createFindShownSurveys =
  (surveys: Pick<SurveyRepository, 'findOfEpisodes'>): FindShownSurveys =>
  async (scope, conversations) => {
    const episodes = conversations
      // A group is never asked.
      .filter(({ group }) => group === undefined)
      .map(({ _id: conversationId, reopenings: cycle = 0 }) => ({ conversationId, cycle }));
    const found = await surveys.findOfEpisodes(scope, episodes);
    return new Map(
      found.map((survey) => [
        survey.conversationId.toHexString(),
        {
          id: survey._id.toHexString(),
          state: stateOf(survey),
          score: survey.score ?? null,
          comment: survey.comment?.text || null,
        },
      ]),
    );
  };
