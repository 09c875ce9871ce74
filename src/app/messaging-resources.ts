import { limitNumberGateway } from '../channels/limited-gateway.ts';
import { createChannelManagement, type ChannelUsage } from '../channels/management.ts';
import { createChannelRepository } from '../channels/store/repository.ts';
import { channelRoutes } from '../channels/routes.ts';
import { createConversationManagement } from '../inbox/conversations/management.ts';
import {
  createConversationRepository,
  type ConversationRepository,
} from '../inbox/conversations/repository.ts';
import { conversationRoutes } from '../inbox/conversations/routes.ts';
import type { AnyRoute } from '../http/route.ts';
import type { MessageRepository } from '../sending/messages/store/repository.ts';
import type { Clock } from '../platform/clock.ts';
import { createCipher } from '../platform/cipher.ts';
import type { Config } from './config.ts';
import { createManagementLimiter } from '../rates/management/limiter.ts';
import { createTemplateManagement } from '../templates/management.ts';
import { templateRoutes } from '../templates/routes.ts';
import type { TemplateService } from '../templates/service.ts';
import type { UserService } from '../identity/users/service.ts';
import type { NumberGateway } from '../whatsapp/gateway.ts';
import type { Core } from './core.ts';

interface MessagingDeps {
  readonly core: Core;
  readonly gateway: NumberGateway;
  readonly users: UserService;
}

export interface MessagingResources {
  readonly routes: readonly AnyRoute[];
}

/** Channels, templates and conversations as people manage them; the API has them, the worker does not need them. */
export function buildMessagingResources(config: Config, deps: MessagingDeps): MessagingResources {
  const { core, gateway, users } = deps;
  const { clock, mongo, channels, contacts, templates, templateParts, audit } = core;
  const conversationRepository = createConversationRepository(mongo);
  const channelManagement = createChannelManagement({
    channels: createChannelRepository(mongo),
    service: channels,
    gateway: limitNumberGateway(gateway, createManagementLimiter(core.rates)),
    usage: channelUsage({
      ...core,
      conversations: conversationRepository,
      receiptDeadlineMs: config.messages.receiptDeadlineMs,
    }),
    audit,
    openings: core.openings,
    cipher: createCipher(Buffer.from(config.credentials.key.reveal(), 'base64')),
    clock,
    sendsPerSecond: config.rates.sendsPerSecond,
  });
  const templateManagement = createTemplateManagement({
    ...templateParts,
    channels,
    countUnsent: core.messages.countUnsentOf,
    audit,
    clock,
  });
  const conversations = createConversationManagement({
    conversations: conversationRepository,
    contacts,
    users,
    audit,
    clock,
  });
  return {
    routes: [
      ...channelRoutes({ channels, management: channelManagement, publicUrl: config.http.publicUrl }),
      ...templateRoutes({ templates, management: templateManagement }),
      ...conversationRoutes({ conversations }),
    ],
  };
}

interface UsageDeps {
  readonly conversations: ConversationRepository;
  readonly messages: MessageRepository;
  readonly templates: TemplateService;
  readonly clock: Clock;
  readonly receiptDeadlineMs: number;
}

/** More than this is not counted: the answer is the same. */
const countedAtMost = 1_000;

const channelUsage =
  ({ conversations, messages, templates, clock, receiptDeadlineMs }: UsageDeps): ChannelUsage =>
  async (scope, channelId) => {
    const sentAfter = new Date(clock.now().getTime() - receiptDeadlineMs);
    const counts = await Promise.all([
      messages.countUnfinishedOn(scope, channelId, { sentAfter, atMost: countedAtMost }),
      conversations.countLiveOn(scope, channelId, countedAtMost),
      templates.countOn(scope, channelId, countedAtMost),
    ]);
    const names = ['messages that are not through', 'conversations that are not closed', 'templates'];
    return counts.flatMap((count, index) =>
      count === 0 ? [] : [`${names[index]} (${count < countedAtMost ? count : `${countedAtMost} or more`})`],
    );
  };
