import type { Types } from 'mongoose';
import type { ChannelDoc, ChannelDirectory } from '../../channels/directory.ts';
import { isVerified, ownershipDetailOf } from '../../channels/ownership/rules.ts';
import type { ContactDoc, ContactDirectory } from '../../people/contacts/directory.ts';
import type { ConversationThreads } from '../../inbox/conversations/threads.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { GateFacts } from './rules.ts';

/** The state of a template, for its gate. */
export interface TemplateFacts {
  readonly status: string;
  readonly category: string;
  readonly reason: string | null;
}

/** The fields of a message that its gates depend on. */
export interface GatedMessage {
  readonly channelId: Types.ObjectId;
  readonly contactId: Types.ObjectId;
  readonly senderType: string;
  readonly messageType: string;
  readonly templateName?: string;
  readonly content: { readonly template?: { readonly language: { readonly code: string } } };
  readonly sendAt?: Date;
}

/** Facts that the caller has already read. */
export interface KnownFacts {
  readonly contact?: ContactDoc;
  readonly windowExpiresAt?: Date | null;
}

interface ReadOptions {
  readonly now: Date;
  /** Reads the channel from the database, not from the cache. */
  readonly isFresh?: boolean;
  readonly known?: KnownFacts;
}

export interface GateFactsDeps {
  readonly channels: Pick<ChannelDirectory, 'findById' | 'findFresh'>;
  readonly contacts: Pick<ContactDirectory, 'findById'>;
  readonly conversations: Pick<ConversationThreads, 'windowOf'>;
  /** Null if the template was deleted. */
  readonly templateState: (
    scope: ClientScope,
    template: { channelId: Types.ObjectId; name: string; language: string },
  ) => Promise<TemplateFacts | null>;
  /** The business's quiet hours; null outside of them. */
  readonly quietAt: (scope: ClientScope, now: Date) => Promise<GateFacts['quiet']>;
}

export interface ReadFacts {
  readonly facts: GateFacts;
  readonly channel: ChannelDoc;
  /** WhatsApp could not deliver to the recipient's number before. A warning only; no gate. */
  readonly isNumberSuspect: boolean;
}

export type GateFactsReader = ReturnType<typeof createGateFacts>;

/** Reads the facts that the gates judge: contact and conversation fresh, the rest at most two seconds old. */
export function createGateFacts(deps: GateFactsDeps) {
  const { contacts, conversations } = deps;

  return {
    /** Null if the channel or the contact was deleted. */
    async read(
      scope: ClientScope,
      message: GatedMessage,
      { now, isFresh = false, known = {} }: ReadOptions,
    ): Promise<ReadFacts | null> {
      const { channelId, contactId } = message;
      const isTemplate = message.messageType === 'template';
      const findChannel = isFresh ? deps.channels.findFresh : deps.channels.findById;
      const found = findChannel(scope, channelId);
      const findWindow = async (): Promise<Date | null> => {
        if (known.windowExpiresAt !== undefined) return known.windowExpiresAt;
        if (isTemplate && (await found)?.messagingLimit === undefined) return null;
        return conversations.windowOf(scope, { channelId, contactId });
      };
      const [channel, contact, windowExpiresAt, template, quiet] = await Promise.all([
        found,
        known.contact ?? contacts.findById(scope, contactId),
        findWindow(),
        readTemplate(deps, scope, message),
        deps.quietAt(scope, now),
      ]);
      if (channel === null || contact === null) return null;
      return {
        channel,
        isNumberSuspect: contact.numberSuspect !== undefined,
        facts: {
          message: {
            isTemplate,
            isReply: message.senderType === 'agent' && !isTemplate,
            sendAt: message.sendAt ?? null,
          },
          channel: channelFactsOf(channel),
          template,
          contact: {
            hasOptedOut: contact.optInStatus === 'opted-out',
            hasStoppedMarketing: contact.marketingStopped === true,
            isBlocked: contact.isBlocked === true,
          },
          windowExpiresAt,
          quiet,
        },
      };
    },
  };
}

const channelFactsOf = (channel: ChannelDoc): GateFacts['channel'] => {
  const { state, stateReason, restriction } = channel;
  return {
    // A person who has paused the channel expects that reason, whatever else is missing.
    ...(isVerified(channel) || state !== 'active'
      ? { state, reason: stateReason ?? null }
      : { state: 'unverified', reason: ownershipDetailOf(channel) }),
    restriction:
      restriction === undefined ? null : { code: restriction.code, until: restriction.until ?? null },
  };
};

async function readTemplate(
  { templateState }: GateFactsDeps,
  scope: ClientScope,
  { channelId, templateName, content }: GatedMessage,
): Promise<GateFacts['template']> {
  if (templateName === undefined || content.template === undefined) return null;
  const language = content.template.language.code;
  const state = await templateState(scope, { channelId, name: templateName, language });
  return { name: templateName, ...(state ?? { status: 'missing', category: 'utility', reason: null }) };
}
