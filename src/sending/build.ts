import type { Client } from '@temporalio/client';
import type { AuditService } from '../audit/service.ts';
import type { ChannelPauses } from '../channels/pauses.ts';
import type { ChannelDirectory } from '../channels/directory.ts';
import { clockText, nextAllowedInstant } from '../consent/sending-policy/quiet-hours.ts';
import type { SendingPolicyReader } from '../consent/sending-policy/reader.ts';
import type { ConsentStatements } from '../consent/statements/statements.ts';
import type { Arrivals } from '../inbox/conversations/arrivals.ts';
import type { AnswerLog } from '../inbox/sla/answer-log.ts';
import type { FileArrivals } from '../inbox/media/arrivals.ts';
import type { FileSends } from '../inbox/media/sends.ts';
import type { FileStates } from '../inbox/media/states-of-messages.ts';
import type { InboxSettingsReader } from '../inbox/settings/reader.ts';
import type { ReadSurveyAnswer } from '../inbox/surveys/answering.ts';
import type { FollowMessages } from '../inbox/surveys/following.ts';
import type { ConversationThreads } from '../inbox/conversations/threads.ts';
import { createMarkPublisher } from '../events/marks/publisher.ts';
import type { EventRecorder } from '../events/recorder.ts';
import type { OpeningQueue } from '../openings/openings.ts';
import type { SuspectNumbers } from '../people/contacts/numbers.ts';
import type { ContactDirectory } from '../people/contacts/directory.ts';
import type { PhoneBook } from '../people/contacts/phone-book.ts';
import type { LeadDirectory } from '../people/leads/directory.ts';
import type { Clock } from '../platform/clock.ts';
import { createLease } from '../platform/leases/lease.ts';
import type { Logger } from '../platform/logger.ts';
import { createLoops, once, whileFound } from '../platform/loop.ts';
import type { Measured } from '../platform/metrics.ts';
import { scopeOf, type MongoConnection } from '../platform/mongo.ts';
import { queueWeight } from '../rates/channel/queue.ts';
import type { SendRates } from '../rates/send-rates.ts';
import type { TemplateCatalogue } from '../templates/catalogue.ts';
import type { Timers } from '../timers/timers.ts';
import type { Gateway } from '../whatsapp/gateway.ts';
import type { MessagesConfig } from './config.ts';
import { buildReadMarks } from './build-read-marks.ts';
import { createErrorEffects } from './dispatch/effects.ts';
import { insistingMs } from './dispatch/insist.ts';
import { createGateRelease } from './dispatch/release.ts';
import { createGateFacts, type GateFactsDeps } from './gates/facts.ts';
import type { sendingInstruments } from './instruments.ts';
import { messageEventLoops, sendingLoops } from './loops.ts';
import { createFindLastWords } from './messages/last-words.ts';
import { createLatestMessages } from './messages/latest.ts';
import { messageEventOf } from './messages/events.ts';
import { createAcceptance } from './messages/acceptance/accept.ts';
import { createStoreUnlessNewer } from './messages/acceptance/newer.ts';
import { createPrepareSend } from './messages/acceptance/prepare.ts';
import { createPrepareSurveySend } from './messages/acceptance/prepare-survey.ts';
import { createRetries } from './messages/actions/retries.ts';
import { messageActionRoutes, type MessageActionRouteDeps } from './messages/actions/routes.ts';
import { createMessageActions } from './messages/actions/use-cases.ts';
import type { InboundDeps } from './messages/incoming/arrival.ts';
import { createCalls } from './messages/incoming/calls.ts';
import { filesOfMessages } from './messages/incoming/files.ts';
import { createGroups } from './messages/incoming/groups.ts';
import { createInboundService } from './messages/incoming/inbound.ts';
import { createPhoneMessages } from './messages/incoming/phone-messages.ts';
import { createReceiptService } from './messages/incoming/receipts.ts';
import { createThreadItems, routeGroupMessages } from './messages/incoming/thread-items.ts';
import type { MessageListDeps } from './messages/lists.ts';
import { messageRoutes } from './messages/routes.ts';
import { createTokenCatchUp } from './messages/token-catch-up.ts';
import { createMessageUseCases } from './messages/use-cases.ts';
import {
  createMessageRepository,
  type MessageDoc,
  type MessageRepository,
} from './messages/store/repository.ts';
import { createSweep } from './messages/sweep.ts';
import { createMessageWorkflows, type MessageWorkflows } from './messages/workflows.ts';
import { observeAcceptance, observeEnds, observeReceipts, observeSweep } from './observers.ts';

interface MessageStoreDeps {
  readonly mongo: MongoConnection;
  readonly temporal: Client;
  readonly metrics: Measured<typeof sendingInstruments>;
  readonly channels: Pick<ChannelDirectory, 'findById'>;
  readonly config: MessagesConfig;
  /** Time-out of one provider call. */
  readonly timeoutMs: number;
  /** The rate of channels that set none of their own. */
  readonly sendsPerSecond: number;
}

/** Stored messages and their workflows. Built before consent, which cancels through them. */
export function buildMessageStore(deps: MessageStoreDeps) {
  const { mongo, temporal, metrics, channels, config, timeoutMs, sendsPerSecond } = deps;
  const workflows = createMessageWorkflows({
    temporal,
    attemptTimeoutMs: timeoutMs + insistingMs,
    dispatchTtlMs: config.dispatchTtlMs,
    receiptDeadlineMs: config.receiptDeadlineMs,
    async weightOf({ clientId, channelId }) {
      const channel = await channels.findById(scopeOf(clientId), channelId);
      return queueWeight(channel?.sendsPerSecond ?? sendsPerSecond, sendsPerSecond);
    },
  });
  const messages = observeAcceptance(createMessageRepository(mongo, observeEnds(metrics)), metrics);
  return {
    ...{ messages, workflows },
    findLastWords: createFindLastWords(messages),
    timerHandlers: createTokenCatchUp(messages),
  };
}

interface MessageEventDeps {
  readonly mongo: MongoConnection;
  readonly messages: MessageRepository;
  readonly followSurveys: FollowMessages;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
}

/** Tells what the marked messages have become. */
export const buildMessageEventLoops = (deps: MessageEventDeps) => {
  const { mongo, messages, followSurveys, recorder, clock } = deps;
  return createLoops(messageEventLoops, {
    'message-events': createMarkPublisher(
      {
        marks: messages,
        // Before the marks are removed: a round that fails is repeated.
        async eventsOf(docs: readonly MessageDoc[]) {
          await followSurveys(docs);
          return docs.map(messageEventOf);
        },
      },
      { recorder, lease: createLease({ connection: mongo, name: 'message-events', leaseMs: 5_000, clock }) },
    ),
  });
};

interface SendingDeps {
  readonly mongo: MongoConnection;
  readonly gateway: Pick<Gateway, 'markRead'>;
  readonly readSettings: InboxSettingsReader;
  readonly timers: Pick<Timers, 'arm'>;
  readonly messages: MessageRepository;
  readonly workflows: MessageWorkflows;
  readonly channels: ChannelDirectory;
  readonly pauses: Pick<ChannelPauses, 'pauseByProvider' | 'useMarketingEndpoint'>;
  readonly templates: TemplateCatalogue;
  readonly contacts: ContactDirectory;
  readonly leads: LeadDirectory;
  readonly phoneBook: PhoneBook;
  readonly conversations: ConversationThreads;
  readonly arrivals: Arrivals;
  readonly answers: AnswerLog;
  readonly readSurveyAnswer: ReadSurveyAnswer;
  readonly fileArrivals: FileArrivals;
  readonly fileStates: FileStates;
  readonly fileSends: FileSends;
  readonly numbers: SuspectNumbers;
  readonly consent: Pick<ConsentStatements, 'stopMarketing'>;
  readonly onInbound: InboundDeps['onInbound'];
  readonly readKeyword: InboundDeps['readKeyword'];
  readonly policies: Pick<SendingPolicyReader, 'sendingPolicyOf'>;
  readonly addressStops: GateFactsDeps['addressStops'];
  readonly openings: OpeningQueue;
  readonly rates: SendRates;
  readonly metrics: Measured<typeof sendingInstruments>;
  readonly config: MessagesConfig;
  readonly audit: AuditService;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Acceptance, gates, receipts and loops. The API judges gates at acceptance, the worker before the call. */
export function buildSending(deps: SendingDeps) {
  const { messages, workflows, channels, templates, contacts, leads, conversations, clock, logger } = deps;
  const { audit, numbers, metrics } = deps;
  const facts = createGateFacts({
    channels,
    contacts,
    conversations,
    templateState: templates.stateForSend,
    quietAt: quietHoursOf(deps.policies),
    addressStops: deps.addressStops,
    audit,
  });
  const { runInTransaction } = audit;
  const storeUnlessNewer = createStoreUnlessNewer({ messages, conversations, runInTransaction });
  const acceptance = createAcceptance({ messages, workflows, storeUnlessNewer, logger });
  const retries = createRetries({
    ...{ messages, acceptance, facts, channels, templates, conversations, audit, clock },
  });
  const effects = buildEffects(deps, retries);
  const receipts = createReceiptService({
    ...{ messages, workflows, effects, conversations, answers: deps.answers },
    ...{ numbers, contacts, clock, logger },
  });
  const incoming = buildIncoming(deps);
  const preparing = {
    ...{ messages, files: deps.fileSends, acceptance, channels, templates, contacts, leads },
    ...{ conversations, facts, clock },
  };
  const readMarks = buildReadMarks({
    ...{ mongo: deps.mongo, messages, conversations, channels, facts, gateway: deps.gateway },
    ...{ readSettings: deps.readSettings, timers: deps.timers, runInTransaction, clock, logger },
  });
  return {
    timerHandlers: readMarks.timerHandlers,
    showTyping: readMarks.showTyping,
    findReadMark: readMarks.findReadMark,
    facts,
    effects,
    receipts: observeReceipts(receipts, { metrics, clock }),
    incomingFiles: incoming.incomingFiles,
    inbound: incoming.inbound,
    threadItems: incoming.threadItems,
    loops: loopsOf(deps),
    latestMessages: createLatestMessages(messages),
    prepareSend: createPrepareSend(preparing),
    prepareSurveySend: createPrepareSurveySend(preparing),

    routes({ links, users }: Pick<MessageActionRouteDeps, 'links'> & Pick<MessageListDeps, 'users'>) {
      const messageUseCases = createMessageUseCases({
        ...{ messages, files: deps.fileSends, fileStates: deps.fileStates, acceptance, channels, templates },
        ...{ contacts, users, leads, conversations, facts, clock },
      });
      const actions = createMessageActions({
        ...{ messages, workflows, templates, files: deps.fileSends, audit, clock, logger },
      });
      return [
        ...messageRoutes({ messages: messageUseCases }),
        ...messageActionRoutes({ actions, retries, links }),
      ];
    },
  };
}

/** What comes in besides receipts. */
function buildIncoming(deps: SendingDeps) {
  const { messages, contacts, conversations, arrivals, numbers, onInbound, readKeyword, phoneBook, clock } =
    deps;
  const incomingFiles = filesOfMessages(deps.fileArrivals);
  const { runInTransaction } = deps.audit;
  const groups = createGroups({
    ...{ messages, incomingFiles, contacts, conversations, arrivals, runInTransaction, clock },
  });
  const inbound = createInboundService({
    ...{ messages, incomingFiles, contacts, conversations, arrivals, runInTransaction },
    ...{ numbers, readKeyword, readSurveyAnswer: deps.readSurveyAnswer, onInbound, clock },
  });
  return {
    incomingFiles,
    inbound: routeGroupMessages(inbound, groups),
    threadItems: createThreadItems({
      phoneMessages: createPhoneMessages({
        ...{ messages, incomingFiles, contacts, conversations, answers: deps.answers },
        ...{ runInTransaction, onInbound, clock },
      }),
      calls: createCalls({ messages, contacts, conversations, arrivals, runInTransaction, clock }),
      groups,
      phoneBook,
    }),
  };
}

const buildEffects = (deps: SendingDeps, automaticRetries: ReturnType<typeof createRetries>) =>
  createErrorEffects({
    messages: deps.messages,
    channels: {
      findById: deps.channels.findById,
      pauseByProvider: deps.pauses.pauseByProvider,
      useMarketingEndpoint: deps.pauses.useMarketingEndpoint,
    },
    templates: deps.templates,
    consent: deps.consent,
    numbers: deps.numbers,
    conversations: deps.conversations,
    rates: deps.rates,
    automaticRetries,
    clock: deps.clock,
  });

/** When the business's current quiet hours end; null outside of them. */
const quietHoursOf =
  (policies: SendingDeps['policies']): Parameters<typeof createGateFacts>[0]['quietAt'] =>
  async (scope, now, options) => {
    const { timezone, quietHours, appliesTo } = await policies.sendingPolicyOf(scope, options);
    const until = nextAllowedInstant(quietHours, timezone, now);
    return until === null ? null : { until, untilText: clockText(until, timezone, now), appliesTo };
  };

function loopsOf({ messages, workflows, openings, metrics, config, clock, logger }: SendingDeps) {
  const { sweepIntervalMs, sweepOlderThanMs: olderThanMs } = config;
  const release = createGateRelease({ openings, messages, workflows, clock, logger });
  const sweep = observeSweep(createSweep({ messages, workflows, clock, logger, olderThanMs }), metrics);
  return createLoops(sendingLoops(sweepIntervalMs), {
    'gate-release': whileFound(() => release.releaseNext()),
    sweep: once(() => sweep.sweepOnce()),
  });
}
