import type { ClientSession, Types } from 'mongoose';
import type { SuspectNumbers } from '../../../people/contacts/numbers.ts';
import type { ContactDoc, ContactDirectory } from '../../../people/contacts/directory.ts';
import type { KeywordReader } from '../../../consent/statements/inbound.ts';
import type { Arrivals } from '../../../inbox/conversations/arrivals.ts';
import type { ConversationDoc, ConversationThreads } from '../../../inbox/conversations/threads.ts';
import type { ReadSurveyAnswer } from '../../../inbox/surveys/answering.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { RunInTransaction } from '../../../platform/transaction.ts';
import type { InboundItem } from '../../../whatsapp/events.ts';
import type { MessageContent, MessageDoc, MessageRepository } from '../store/repository.ts';
import type { FilesOfMessages } from './files.ts';

/** An item whose time is known: that of the stored message. */
export type DatedItem = InboundItem & { readonly timestampMs: number };

/** A stored message of a contact. */
export interface Arrival {
  readonly scope: ClientScope;
  readonly channelId: Types.ObjectId;
  readonly contact: ContactDoc;
  readonly conversation: ConversationDoc;
  readonly item: DatedItem;
}

export interface InboundDeps {
  readonly messages: MessageRepository;
  readonly contacts: ContactDirectory;
  readonly conversations: ConversationThreads;
  readonly arrivals: Arrivals;
  /** What a message is for a satisfaction survey. */
  readonly readSurveyAnswer: ReadSurveyAnswer;
  readonly incomingFiles: FilesOfMessages;
  readonly runInTransaction: RunInTransaction;
  /** The stop or start word of a message. */
  readonly readKeyword: KeywordReader;
  readonly numbers: Pick<SuspectNumbers, 'trust'>;
  /** Runs for everything that a contact says, and again if it is delivered again. If it throws, the event is retried later. */
  onInbound(said: Pick<Arrival, 'scope' | 'contact' | 'item'>): Promise<void>;
  readonly clock: Clock;
}

/** Where and from whom an item arrives. */
export type InboundPlace = Omit<Arrival, 'conversation' | 'item'>;

interface SourceToKeep {
  readonly messageId: Types.ObjectId;
  readonly item: InboundItem;
  readonly at: Date;
  readonly now: Date;
}

/** Keeps the provider's object if it holds more than the message shows, or another time. */
export async function keepSource(
  messages: Pick<MessageRepository, 'keepSource'>,
  scope: ClientScope,
  { messageId, item, at, now }: SourceToKeep,
  session?: ClientSession,
): Promise<void> {
  const object = item.source ?? (at.getTime() === item.timestampMs ? undefined : item.raw);
  if (object === undefined) return;
  const place = { messageId, eventId: item.providerMessageId };
  await messages.keepSource(scope, place, { object, at: now }, session);
}

/** The parsed content, without the fields that the message has itself. */
export function contentOf(item: InboundItem): MessageContent {
  const { text, reply, media, location, contacts, reaction, order, product, referral, system } = item;
  const { errors, unsupportedType, callPermission, senderIdentity, origin } = item;
  const { isForwarded, isFrequentlyForwarded, isCut } = item;
  const content = {
    ...{ text, reply, media, location, contacts, reaction, order, product, referral, system },
    ...{ errors, unsupportedType, callPermission, senderIdentity, origin },
    ...{ isForwarded, isFrequentlyForwarded, isCut },
  };
  return Object.fromEntries(
    Object.entries(content).filter(([, value]) => value !== undefined),
  ) as MessageContent;
}

/** What the sender shows of themselves. */
export function profileOf({ profileName, username }: InboundItem): Pick<MessageDoc, 'senderProfile'> {
  if (profileName === undefined && username === undefined) return {};
  const name = profileName === undefined ? {} : { name: profileName };
  return { senderProfile: { ...name, ...(username === undefined ? {} : { username }) } };
}
