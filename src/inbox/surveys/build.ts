import type { AuditService } from '../../audit/service.ts';
import type { ContactDirectory } from '../../people/contacts/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import type { MongoConnection } from '../../platform/mongo.ts';
import type { Timers } from '../../timers/timers.ts';
import type { AsideConversations } from '../conversations/aside.ts';
import type { InboxSettingsReader } from '../settings/reader.ts';
import { createReadSurveyAnswer } from './answering.ts';
import { createAskingHandlers, type AskingDeps } from './asking.ts';
import { createFollowClosing } from './closings.ts';
import { createFollowMessages } from './following.ts';
import { createSurveyRepository } from './repository.ts';
import { createFindShownSurveys } from './shown.ts';
import { createSurveyUseCases } from './use-cases.ts';

export interface SurveyDeps {
  readonly mongo: MongoConnection;
  readonly conversations: AsideConversations;
  readonly contacts: Pick<ContactDirectory, 'findMany'>;
  readonly readSettings: InboxSettingsReader;
  readonly timers: Pick<Timers, 'arm'>;
  readonly audit: Pick<AuditService, 'events' | 'runInTransaction'>;
  readonly clock: Clock;
}

/** What contacts are asked after a conversation. */
export function buildSurveys(deps: SurveyDeps) {
  const { mongo, conversations, contacts, readSettings, timers, audit, clock } = deps;
  const surveys = createSurveyRepository(mongo);
  const { events, runInTransaction } = audit;
  return {
    findShown: createFindShownSurveys(surveys),
    followClosing: createFollowClosing({ surveys, readSettings, timers, clock }),
    followMessages: createFollowMessages(surveys),
    readAnswer: createReadSurveyAnswer({ surveys, conversations, readSettings, timers, events, clock }),

    useCases: createSurveyUseCases({ surveys, contacts }),

    /** Needs what sending is built of later. */
    timerHandlers: (sending: Pick<AskingDeps, 'findEpisode' | 'prepareSend'>) =>
      createAskingHandlers({
        ...{ surveys, conversations, readSettings, timers, events, runInTransaction, clock },
        ...sending,
      }),
  };
}
