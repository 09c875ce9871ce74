import type { ContactDirectory, ContactDoc } from '../../people/contacts/directory.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { toPage, type Cursor, type Page } from '../../platform/pagination.ts';
import type { ScoreCount, SurveyDoc, SurveyFilter, SurveyRepository } from './repository.ts';

export type { ScoreCount, SurveyDoc, SurveyFilter } from './repository.ts';

export interface ListedSurvey {
  readonly survey: SurveyDoc;
  readonly contact: ContactDoc | null;
}

interface SurveyUseCaseDeps {
  readonly surveys: Pick<SurveyRepository, 'list' | 'countByScore'>;
  readonly contacts: Pick<ContactDirectory, 'findMany'>;
}

export type SurveyUseCases = ReturnType<typeof createSurveyUseCases>;

/** What users see of surveys. */
export const createSurveyUseCases = ({ surveys, contacts }: SurveyUseCaseDeps) => ({
  /** Latest closing first. */
  async list(
    scope: ClientScope,
    filter: SurveyFilter,
    { limit, after }: { readonly limit: number; readonly after: Cursor<Date> | null },
  ): Promise<Page<ListedSurvey>> {
    const isNever = filter.score !== undefined && filter.isAnswered === false;
    const found = isNever ? [] : await surveys.list(scope, filter, { limit: limit + 1, after });
    const page = toPage(found, limit, ({ closedAt, _id }) => ({ key: closedAt, id: _id }));
    const people = await contacts.findMany(
      scope,
      page.items.map(({ contactId }) => contactId),
    );
    const byId = new Map(people.map((contact) => [contact._id.toHexString(), contact]));
    return {
      ...page,
      items: page.items.map((survey) => ({
        survey,
        contact: byId.get(survey.contactId.toHexString()) ?? null,
      })),
    };
  },

  summarise: (
    scope: ClientScope,
    filter: Pick<SurveyFilter, 'agentId' | 'since' | 'until'>,
  ): Promise<readonly ScoreCount[]> => surveys.countByScore(scope, filter),
});
