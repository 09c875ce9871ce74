import type { Types } from 'mongoose';
import type { AuditService } from '../../audit/service.ts';
import type { ChannelDoc, ChannelDirectory } from '../../channels/directory.ts';
import { isVerified, ownershipDetailOf } from '../../channels/ownership/rules.ts';
import type { ContactDoc } from '../../people/contacts/directory.ts';
import type { ConversationThreads } from '../../inbox/conversations/threads.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { createPersonReader, type PersonDeps, type PersonFacts, type ToContact } from './person.ts';
import { keysOfMessage, type Address } from './recipient.ts';
import type { GateFacts } from './rules.ts';

/** The state of a template, for its gate. */
export interface TemplateFacts {
  readonly status: string;
  readonly category: string;
  readonly reason: string | null;
}

/** The fields of a message that its gates depend on. */
export interface GatedMessage extends ToContact {
  readonly channelId: Types.ObjectId;
  readonly senderType: string;
  readonly messageType: string;
  readonly templateName?: string;
  readonly content: { readonly template?: { readonly language: { readonly code: string } } };
  readonly sendAt?: Date;
  readonly afterOptOut?: true;
}

/** Facts that the caller has already read. */
export interface KnownFacts {
  readonly windowExpiresAt?: Date | null;
  /** The contact of the message, if it is not stored yet. */
  readonly freshContact?: ContactDoc | undefined;
}

interface Freshness {
  readonly isFresh: boolean;
}

interface ReadOptions {
  readonly now: Date;
  readonly known?: KnownFacts;
}

/** The latest changes of a contact, among which the change of its number is looked for. */
const correctionQuery = { actions: ['contact.updated'], limit: 50 } as const;

export interface GateFactsDeps extends PersonDeps {
  readonly audit: Pick<AuditService, 'listOfTarget'>;
  readonly channels: Pick<ChannelDirectory, 'findById' | 'findFresh'>;
  readonly conversations: Pick<ConversationThreads, 'windowOf' | 'writerOf'>;
  readonly addressStops: PersonDeps['addressStops'] & {
    /** Whether whoever has the address wrote that message; with `since`, not before the opt-outs at these keys. */
    isWriter(
      scope: ClientScope,
      at: { readonly address: readonly string[]; readonly since?: readonly string[] },
      written: { readonly keys: readonly string[]; readonly at: Date },
    ): Promise<boolean>;
  };
  /** Null if the template was deleted. */
  readonly templateState: (
    scope: ClientScope,
    template: { channelId: Types.ObjectId; name: string; language: string },
    options: Freshness,
  ) => Promise<TemplateFacts | null>;
  /** The business's quiet hours; null outside of them. */
  readonly quietAt: (scope: ClientScope, now: Date, options: Freshness) => Promise<GateFacts['quiet']>;
}

export interface ReadFacts {
  readonly facts: GateFacts;
  readonly channel: ChannelDoc;
  readonly contact: ContactDoc;
  /** Where the message goes now; null if the person has no address. */
  readonly address: Address | null;
  /** The keys of all identities through which a message may concern the person (`person.ts`). */
  readonly identities: readonly string[];
  /** Everyone whose opt-out would concern the message (`person.ts`). */
  readonly contactIds: readonly Types.ObjectId[];
  /** WhatsApp could not deliver to the recipient's number before. A warning only; no gate. */
  readonly isNumberSuspect: boolean;
}

/** What was deleted, so that the message cannot leave. */
export type MissingFact = 'channel-missing' | 'contact-missing';

export const isMissing = (read: ReadFacts | MissingFact): read is MissingFact => typeof read === 'string';

export type GateFactsReader = ReturnType<typeof createGateFacts>;

/** Reads the facts that the gates judge. */
export function createGateFacts(deps: GateFactsDeps) {
  return {
    /** The person alone. Null if the contact was deleted. */
    readPerson: createPersonReader(deps),

    /** The user whose change gave the contact this address; null if none did. */
    async correctorOf(
      scope: ClientScope,
      contactId: Types.ObjectId,
      { to, recipientUserId }: Address,
    ): Promise<Types.ObjectId | null> {
      const events = await deps.audit.listOfTarget(scope, contactId, correctionQuery);
      const isThis = ({ after = {} }: (typeof events)[number]) =>
        to === undefined ? after['businessScopedUserId'] === recipientUserId : after['phoneNumber'] === to;
      const actor = events.find(isThis)?.actor;
      return actor?.type === 'user' ? actor.userId : null;
    },

    /** Contact and conversation from the database, the rest at most two seconds old. */
    read: (
      scope: ClientScope,
      message: GatedMessage,
      options: ReadOptions,
    ): Promise<ReadFacts | MissingFact> => readFacts(deps, scope, message, { ...options, isFresh: false }),

    /** Everything from the database, nothing from caches. */
    readFresh: (
      scope: ClientScope,
      message: GatedMessage,
      options: ReadOptions,
    ): Promise<ReadFacts | MissingFact> => readFacts(deps, scope, message, { ...options, isFresh: true }),
  };
}

async function readFacts(
  deps: GateFactsDeps,
  scope: ClientScope,
  message: GatedMessage,
  { now, known = {}, isFresh }: ReadOptions & Freshness,
): Promise<ReadFacts | MissingFact> {
  const { channelId, contactId } = message;
  const isTemplate = message.messageType === 'template';
  const isReply = message.senderType === 'agent' && !isTemplate;
  const findChannel = isFresh ? deps.channels.findFresh : deps.channels.findById;
  const found = findChannel(scope, channelId);
  const findWindow = async (): Promise<Date | null> => {
    if (known.windowExpiresAt !== undefined) return known.windowExpiresAt;
    if (isTemplate && (await found)?.messagingLimit === undefined) return null;
    return deps.conversations.windowOf(scope, { channelId, contactId });
  };
  const [channel, person, windowExpiresAt, template, quiet] = await Promise.all([
    found,
    createPersonReader(deps)(scope, message, known.freshContact),
    findWindow(),
    readTemplate(deps, scope, message, { isFresh }),
    // Quiet hours do not hold answers.
    isReply ? null : deps.quietAt(scope, now, { isFresh }),
  ]);
  if (channel === null) return 'channel-missing';
  if (person === null) return 'contact-missing';
  const { contact, reached, address } = person;
  const isAnswer = isReply && message.afterOptOut === true;
  const hasWrittenSince = isAnswer && (await hasWritten(deps, scope, message, person));
  return {
    channel,
    contact,
    address,
    identities: person.identities,
    contactIds: person.contactIds,
    isNumberSuspect: reached.numberSuspect !== undefined,
    facts: {
      message: {
        ...{ isTemplate, isReply, isAfterOptOut: message.afterOptOut === true },
        sendAt: message.sendAt ?? null,
      },
      channel: channelFactsOf(channel),
      template,
      contact: { ...person.consent, hasWrittenSince },
      recipient: address === null ? null : address.to === undefined ? 'user-id' : 'number',
      windowExpiresAt,
      quiet,
    },
  };
}

/** Reads nothing without an opt-out. An opt-out that the contact shows is known to whoever answers it. */
async function hasWritten(
  { conversations, addressStops }: GateFactsDeps,
  scope: ClientScope,
  { channelId, contactId }: GatedMessage,
  { address, consent, keys }: PersonFacts,
): Promise<boolean> {
  if (!(consent.hasOptedOut || consent.hasAddressOptedOut) || address === null) return false;
  const writer = await conversations.writerOf(scope, { channelId, contactId });
  if (writer === null) return false;
  const since = consent.hasOptedOut ? {} : { since: keys };
  return addressStops.isWriter(scope, { address: keysOfMessage(address), ...since }, writer);
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
  options: Freshness,
): Promise<GateFacts['template']> {
  if (templateName === undefined || content.template === undefined) return null;
  const language = content.template.language.code;
  const state = await templateState(scope, { channelId, name: templateName, language }, options);
  return { name: templateName, ...(state ?? { status: 'missing', category: 'utility', reason: null }) };
}
