import type { AuditService } from '../audit/service.ts';
import type { ChannelDirectory } from '../channels/directory.ts';
import type { UserDirectory } from '../identity/users/directory.ts';
import type { ContactDirectory } from '../people/contacts/directory.ts';
import type { TellPassing } from '../events/passing/teller.ts';
import type { LeadDirectory } from '../people/leads/directory.ts';
import type { Clock } from '../platform/clock.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { agentRoutes } from './assignment/agents/routes.ts';
import type { buildAssignment } from './assignment/build.ts';
import { assignmentPolicyRoutes } from './assignment/policies/routes.ts';
import { queueRoutes } from './assignment/queue/routes.ts';
import type { buildReading } from './build-reading.ts';
import type { buildTeamTools } from './build-team-tools.ts';
import type { BusinessHoursRepository } from './business-hours/repository.ts';
import { businessHoursRoutes } from './business-hours/routes.ts';
import { createBusinessHoursUseCases } from './business-hours/use-cases.ts';
import { cannedReplyRoutes } from './canned-replies/routes.ts';
import { createBulkChange } from './conversations/bulk/bulk.ts';
import { bulkConversationRoutes } from './conversations/bulk/routes.ts';
import type { FindLatestMessages } from './conversations/latest.ts';
import type { FindReadMark } from './conversations/read-mark.ts';
import type { ConversationRepository } from './conversations/repository.ts';
import { conversationRoutes } from './conversations/routes.ts';
import { createCountFound, createResolveSearch, type ResolveSearch } from './conversations/searching.ts';
import { createSteps } from './conversations/steps.ts';
import { createConversationUseCases } from './conversations/use-cases.ts';
import { createNoteTyping, type ShowTyping } from './conversations/typing.ts';
import { labelRoutes } from './labels/routes.ts';
import { createAssertReferences } from './macros/references.ts';
import { createMacroRepository } from './macros/repository.ts';
import { macroRoutes } from './macros/routes.ts';
import { createRunMacro } from './macros/run.ts';
import type { PrepareSend } from './macros/sends.ts';
import { createMacroUseCases } from './macros/use-cases.ts';
import { type MediaRouteDeps, mediaRoutes } from './media/routes.ts';
import { noteRoutes } from './notes/routes.ts';
import { notificationRoutes } from './notifications/routes.ts';
import type { InboxSettingsReader } from './settings/reader.ts';
import type { InboxSettingsRepository } from './settings/repository.ts';
import { inboxSettingsRoutes } from './settings/routes.ts';
import { createInboxSettingsUseCases, type FollowSettings } from './settings/use-cases.ts';
import type { buildSla } from './sla/build.ts';
import { slaPolicyRoutes } from './sla/policies/routes.ts';
import type { buildSurveys } from './surveys/build.ts';
import { surveyRoutes } from './surveys/routes.ts';
import type { TeamRepository } from './teams/repository.ts';
import { teamRoutes } from './teams/routes.ts';
import { createTeamUseCases } from './teams/use-cases.ts';
import { createLookUp } from './views/look-up.ts';
import { createSavedViewRepository } from './views/repository.ts';
import { savedViewRoutes } from './views/routes.ts';
import { createSavedViewUseCases } from './views/use-cases.ts';

/** What the inbox has built before its routes. */
export interface InboxParts extends Pick<
  ReturnType<typeof buildReading>,
  'reading' | 'readable' | 'seen' | 'seenMarks'
> {
  readonly mongo: MongoConnection;
  readonly repository: ConversationRepository;
  readonly contacts: ContactDirectory;
  readonly leads: Pick<LeadDirectory, 'findById' | 'findOrCreateWithin'>;
  readonly settings: InboxSettingsRepository;
  readonly readSettings: InboxSettingsReader;
  readonly follow: FollowSettings;
  readonly hours: BusinessHoursRepository;
  readonly sla: ReturnType<typeof buildSla>;
  readonly assignment: ReturnType<typeof buildAssignment>;
  readonly team: ReturnType<typeof buildTeamTools>;
  readonly teams: TeamRepository;
  readonly surveys: ReturnType<typeof buildSurveys>;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export interface InboxRouteDeps {
  readonly users: UserDirectory;
  readonly channels: Pick<ChannelDirectory, 'findById'>;
  readonly files: MediaRouteDeps;
  readonly latestMessages: FindLatestMessages;
  readonly showTyping: ShowTyping;
  readonly findReadMark: FindReadMark;
  readonly tellPassing: TellPassing;
  readonly prepareSend: PrepareSend;
}

export const createInboxRoutes = (parts: InboxParts) => (deps: InboxRouteDeps) => {
  const { repository, settings, readSettings, follow, hours, sla, assignment, team, teams, audit, clock } =
    parts;
  const { users, channels, files, showTyping, tellPassing } = deps;
  const resolveSearch = createResolveSearch({ membersOfTeam: teams.membersOf, contacts: parts.contacts });
  const conversations = buildConversations(parts, deps, resolveSearch);
  const tools = team.useCases({ users });
  const { notes, notifications, labels, replies, render } = tools;
  const { macros, run } = buildMacros(parts, deps, tools);
  const tables = {
    conversations: conversationRoutes({
      conversations,
      noteTyping: createNoteTyping({ conversations: repository, tellPassing, showTyping, clock }),
    }),
    bulk: bulkConversationRoutes({ changeMany: createBulkChange(conversations, run) }),
    businessHours: businessHoursRoutes({
      hours: createBusinessHoursUseCases({ hours, dependents: sla.hoursDependents, audit, clock }),
    }),
    teams: teamRoutes({
      teams: createTeamUseCases({ teams, users, dependents: assignment.teamDependents, audit, clock }),
    }),
    assignmentPolicies: assignmentPolicyRoutes({
      policies: assignment.policyUseCases({ channels, users, holdLabels: team.holdLabels }),
    }),
    queues: queueRoutes({ listQueues: assignment.listQueues }),
    agents: agentRoutes({ agents: assignment.presence, users, clock }),
    slaPolicies: slaPolicyRoutes({ policies: sla.policyUseCases({ channels }) }),
    notes: noteRoutes({ notes }),
    notifications: notificationRoutes({ notifications }),
    labels: labelRoutes({ labels }),
    views: savedViewRoutes({ views: buildSavedViews(parts, deps, resolveSearch), conversations }),
    macros: macroRoutes({ macros, run, conversations }),
    cannedReplies: cannedReplyRoutes({ replies, render }),
    media: mediaRoutes(files),
    surveys: surveyRoutes({ surveys: parts.surveys.useCases }),
    settings: inboxSettingsRoutes({
      useCases: createInboxSettingsUseCases({ settings, readSettings, follow, audit }),
    }),
  };
  return Object.values(tables).flat();
};

function buildConversations(
  parts: InboxParts,
  { users, latestMessages, findReadMark }: InboxRouteDeps,
  resolveSearch: ResolveSearch,
) {
  const { repository: conversations, contacts, sla, assignment, team, audit, clock } = parts;
  const { reading, readable, seen, seenMarks } = parts;
  return createConversationUseCases({
    ...{ conversations, contacts, users, deadlines: sla.deadlines, latestMessages, findReadMark },
    ...{ resource: assignment.resource, assignments: assignment.assignments },
    ...{ reading, readable, seen, seenMarks },
    ...{ resolveSearch, holdLabels: team.holdLabels, findSurveys: parts.surveys.findShown, audit, clock },
  });
}

const buildSavedViews = (
  { mongo, repository, contacts, leads, team, teams, audit, clock }: InboxParts,
  { users, channels }: InboxRouteDeps,
  resolveSearch: ResolveSearch,
) =>
  createSavedViewUseCases({
    views: createSavedViewRepository(mongo),
    lookUp: createLookUp({
      ...{ channels, users, leads, contacts },
      ...{ findTeams: teams.findExisting, findLabels: team.findLabels },
    }),
    countFound: createCountFound(repository, resolveSearch),
    ...{ audit, clock },
  });

type TeamTools = ReturnType<ReturnType<typeof buildTeamTools>['useCases']>;

function buildMacros(
  { mongo, repository: conversations, leads, assignment, team, audit, clock }: InboxParts,
  { users, prepareSend }: InboxRouteDeps,
  { notes, replies, render }: TeamTools,
) {
  const { resource, assignments } = assignment;
  const { holdLabels, findLabels } = team;
  const macros = createMacroUseCases({
    macros: createMacroRepository(mongo),
    assertReferences: createAssertReferences({ users, findLabels, replies }),
    ...{ audit, clock },
  });
  const { runInTransaction } = audit;
  const run = createRunMacro({
    ...{ macros, conversations, resource, assignments, notes, leads, render, prepareSend },
    ...{ steps: createSteps({ users, assignments, holdLabels, clock }), runInTransaction, clock },
  });
  return { macros, run };
}
