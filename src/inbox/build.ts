import type { AuditService } from '../audit/service.ts';
import type { ClientDirectory } from '../identity/clients/directory.ts';
import type { ContactDirectory } from '../people/contacts/directory.ts';
import type { LeadDirectory } from '../people/leads/directory.ts';
import { createMarkPublisher } from '../events/marks/publisher.ts';
import type { EventRecorder } from '../events/recorder.ts';
import type { Clock } from '../platform/clock.ts';
import { createLease } from '../platform/leases/lease.ts';
import type { Logger } from '../platform/logger.ts';
import { createLoops } from '../platform/loop.ts';
import type { Measured } from '../platform/metrics.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { combineTables } from '../platform/registry.ts';
import type { Timers } from '../timers/timers.ts';
import { assignmentLoops } from './assignment/loops.ts';
import type { AssignmentDeps, buildAssignment } from './assignment/build.ts';
import { createBusinessHoursReader } from './business-hours/reader.ts';
import { buildDecisions } from './build-decisions.ts';
import { buildReading } from './build-reading.ts';
import { createInboxRoutes } from './build-routes.ts';
import { buildTeamTools } from './build-team-tools.ts';
import { createBusinessHoursRepository } from './business-hours/repository.ts';
import type { FindLastWords } from './auto-closing/last-words.ts';
import { createArrivals } from './conversations/arrivals.ts';
import { createHoldContact } from './conversations/contact-hold.ts';
import { createConversationReferences } from './conversations/references.ts';
import { createConversationRepository } from './conversations/repository.ts';
import { createConversationThreads } from './conversations/threads.ts';
import type { ReadableMessages } from './conversations/readable-messages.ts';
import { createConversationEvents } from './conversations/told.ts';
import { createInboxSettingsRepository } from './settings/repository.ts';
import { createInboxSettingsReader } from './settings/reader.ts';
import type { inboxInstruments } from './instruments.ts';
import { conversationEventLoops } from './loops.ts';
import { buildSla } from './sla/build.ts';
import { buildSurveys } from './surveys/build.ts';
import { createTeamRepository } from './teams/repository.ts';
import { buildWaiting } from './waiting/build.ts';
import type { WaitFacts } from './waiting/facts.ts';

/** The store of conversations and of the inbox's settings. Built before people, whose deletions depend on it. */
export function buildConversationStore(mongo: MongoConnection) {
  const repository = createConversationRepository(mongo);
  return {
    repository,
    settings: createInboxSettingsRepository(mongo),
    references: createConversationReferences(repository),
  };
}

interface InboxDeps {
  readonly mongo: MongoConnection;
  readonly store: ReturnType<typeof buildConversationStore>;
  readonly contacts: ContactDirectory;
  readonly leads: LeadDirectory;
  readonly clients: Pick<ClientDirectory, 'find'>;
  readonly timers: Pick<Timers, 'arm' | 'disarm'>;
  readonly findWait: AssignmentDeps['findWait'];
  readonly findLastWords: FindLastWords;
  readonly waitFacts: WaitFacts;
  readonly readable: ReadableMessages;
  readonly audit: AuditService;
  readonly clock: Clock;
}

interface ConversationEventDeps {
  readonly mongo: MongoConnection;
  readonly store: ReturnType<typeof buildConversationStore>;
  readonly readable: Pick<ReadableMessages, 'countUnread'>;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
}

/** Tells what the marked conversations have become. */
export const buildConversationEventLoops = ({
  mongo,
  store,
  readable,
  recorder,
  clock,
}: ConversationEventDeps) =>
  createLoops(conversationEventLoops, {
    'conversation-events': createMarkPublisher(
      { marks: store.repository, eventsOf: createConversationEvents(readable) },
      {
        recorder,
        lease: createLease({ connection: mongo, name: 'conversation-events', leaseMs: 5_000, clock }),
      },
    ),
  });

/** The loops of the worker. */
const createAssignmentLoops =
  ({ drainer, recount }: Pick<ReturnType<typeof buildAssignment>, 'drainer' | 'recount'>) =>
  (logger: Pick<Logger, 'error'>, metrics: Measured<typeof inboxInstruments>) =>
    createLoops(assignmentLoops, {
      assignment: drainer(logger),
      'agent-recount': recount((slots) => metrics.instruments.agentSlotsCorrected.add({}, slots)),
    });

/** The inbox that agents work in. */
export function buildInbox(deps: InboxDeps) {
  const { mongo, contacts, leads, audit, clock } = deps;
  const { repository, settings } = deps.store;
  const readSettings = createInboxSettingsReader(settings);
  const hours = createBusinessHoursRepository(mongo);
  const { clients, timers, findWait, findLastWords } = deps;
  const sla = buildSla({
    ...{ mongo, hours: createBusinessHoursReader(hours), timers, audit, time: clock },
    markBreached: async (scope, breach, session) =>
      (await repository.markBreached(scope, breach, session))?.assignedAgentId ?? null,
  });
  const { deadlines } = sla;
  const teams = createTeamRepository(mongo);
  const surveys = buildSurveys({
    ...{ mongo, conversations: repository, contacts, readSettings, timers, audit, clock },
  });
  const { followClosing } = surveys;
  const { assignment, ...decisions } = buildDecisions({
    ...{ mongo, repository, deadlines, teams, readSettings, findWait, findLastWords, timers, audit, clock },
    followClosing,
  });
  const { receive } = assignment;
  const waiting = buildWaiting({
    ...{ conversations: repository, facts: deps.waitFacts, deadlines: sla.answers },
    ...{ timers, runInTransaction: audit.runInTransaction, clock },
  });
  const { waits } = waiting;
  const holdContact = createHoldContact(contacts);
  const { wakeByMessage, followSettings: follow } = decisions;
  const { reading, readable, seen, seenMarks } = buildReading({
    ...{ mongo, conversations: repository, readable: deps.readable, readSettings, timers, audit, clock },
  });
  const team = buildTeamTools({
    ...{ mongo, conversations: repository, contacts, clients, timers, audit, clock },
  });
  return {
    conversations: createConversationThreads({
      ...{ conversations: repository, leads, holdContact, runInTransaction: audit.runInTransaction, clock },
    }),
    arrivals: createArrivals({
      ...{ conversations: repository, leads, holdContact },
      ...{ readSettings, deadlines, waits, wakeByMessage, receive, clock },
    }),
    /** Answers of people, as sending learns of them. */
    answers: waiting.answers,
    countLiveOn: repository.countLiveOn,
    readSettings,
    surveys,
    timerHandlers: combineTables(
      ...[sla.timerHandlers, team.timerHandlers, decisions.timerHandlers, waiting.timerHandlers],
    ),
    followUser: assignment.followUser,
    membersOfTeam: teams.membersOf,
    noteListening: assignment.noteListening,
    loops: createAssignmentLoops(assignment),

    routes: createInboxRoutes({
      ...{ mongo, repository, contacts, leads, settings, readSettings, hours, sla, assignment, team, teams },
      ...{ reading, readable, seen, seenMarks, surveys, follow, audit, clock },
    }),
  };
}
