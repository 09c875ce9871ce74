import type { FileOfMessage } from '../../inbox/media/states-of-messages.ts';
import { addressOfMessage } from '../gates/recipient.ts';
import { shownContent } from './content/shown/view.ts';
import { workflowIdOf } from './contract.ts';
import { sourceOf } from './sources/prune.ts';
import { currentContent, versionsOf } from './versions.ts';
import { undated } from './lifecycle.ts';
import { toWaitingForView } from './actions/view.ts';
import { historyInOrder, milestonesOf } from './history.ts';
import { isSentByProduct, priorityOrDefault, writtenTimeOf } from './rules.ts';
import type { ContactDoc } from '../../people/contacts/directory.ts';
import type { SearchQuery } from '../../platform/search/query.ts';
import { toSearchMatch } from '../../platform/search/schemas.ts';
import type { MessageListItemView } from './list-schemas.ts';
import type { MessagePeople } from './lists.ts';
import type { MessageView } from './schemas.ts';
import type { MessageDoc, MessageListItem, MessageSource } from './use-cases.ts';
import { searchedText } from './searched-text.ts';
import { waitingForOf } from './actions/timeline.ts';

const isoOrNull = (date: Date | null | undefined): string | null => date?.toISOString() ?? null;

const noMilestones = milestonesOf([]);

const toMessageFields = (message: MessageListItem, file: FileOfMessage | undefined) => {
  const id = message._id.toHexString();
  const waitingFor = waitingForOf(message, null);
  const { sentAt, deliveredAt, readAt } =
    message.direction === 'inbound' ? noMilestones : milestonesOf(message.statusHistory);
  return {
    id,
    conversationId: message.conversationId.toHexString(),
    channelId: message.channelId.toHexString(),
    contactId: message.contactId.toHexString(),
    direction: message.direction,
    senderType: message.senderType,
    messageType: message.messageType,
    to: message.to ?? null,
    recipientUserId: message.recipientUserId ?? null,
    createdBy: message.createdBy?.toHexString() ?? null,
    repliesTo: message.repliesTo?.toHexString() ?? null,
    contextMessageId: message.contextMessageId ?? null,
    contextFrom: message.contextFrom ?? null,
    senderProfile: toProfileView(message.senderProfile),
    content: shownContent(currentContent(message), message, file),
    editedAt: isoOrNull(message.editedAt),
    revokedAt: isoOrNull(message.revokedAt),
    templateName: message.templateName ?? null,
    category: message.category ?? null,
    priority: isSentByProduct(message) ? priorityOrDefault(message.priority) : null,
    status: message.status,
    timestamp: writtenTimeOf(message).toISOString(),
    sendAt: isoOrNull(message.sendAt),
    expiresAt: isoOrNull(message.expiresAt),
    waitingFor: waitingFor === null ? null : toWaitingForView(waitingFor),
    sentAt: isoOrNull(sentAt),
    deliveredAt: isoOrNull(deliveredAt),
    readAt: isoOrNull(readAt),
    attempts: message.dispatch.attempt,
    providerMessageId: message.providerMessageId ?? null,
    // An overruled failure is shown in the history only.
    failure: message.status === 'failed' && message.failure !== undefined ? undated(message.failure) : null,
    retryOf: message.retryOf?.toHexString() ?? null,
    retriedBy: message.retriedBy?.toHexString() ?? null,
    workflowId: isSentByProduct(message) ? workflowIdOf(id) : null,
    createdAt: message._id.getTimestamp().toISOString(),
    order: message.ordinal ?? null,
  };
};

interface InList {
  readonly people: MessagePeople;
  /** Our copy of the message's file. */
  readonly file: FileOfMessage | undefined;
  readonly query: SearchQuery | undefined;
}

export function toMessageListItemView(
  message: MessageListItem,
  { people: { contacts, userNames }, file, query }: InList,
): MessageListItemView {
  const contact = contacts.get(message.contactId.toHexString());
  const { createdBy, senderType } = message;
  const writer = senderType === 'contact' ? contact?.name : userNames.get(createdBy?.toHexString() ?? '');
  return {
    ...toMessageFields(message, file),
    contact: contact === undefined ? null : toContactView(contact),
    senderName: writer ?? null,
    match: query === undefined ? null : toSearchMatch(searchedText(message), query),
  };
}

const toContactView = ({ _id, name, phoneNumber, username }: ContactDoc) => ({
  id: _id.toHexString(),
  name: name ?? null,
  phoneNumber: phoneNumber ?? null,
  username: username ?? null,
});

const toProfileView = (profile: MessageListItem['senderProfile']) =>
  profile === undefined ? null : { name: profile.name ?? null, username: profile.username ?? null };

/** When the recipient played the voice note; null if no receipt said so. `read` counts as its status. */
const playedAtOf = ({ statusHistory }: MessageDoc): Date | undefined =>
  statusHistory.find(({ raw }) => raw?.['word'] === 'played')?.timestamp;

const toPricingView = (pricing: MessageDoc['pricing']): MessageView['pricing'] =>
  pricing === undefined
    ? null
    : { category: pricing.category ?? null, type: pricing.type ?? null, model: pricing.model ?? null };

interface Beside {
  /** Those of the message and of its changes. */
  readonly sources?: readonly MessageSource[];
  /** Our copy of the file of the message. */
  readonly file?: FileOfMessage | undefined;
}

export function toMessageView(message: MessageDoc, { sources = [], file }: Beside = {}): MessageView {
  return {
    ...toMessageFields(message, file),
    statusHistory: historyInOrder(message.statusHistory).map(({ status, timestamp, raw }) => ({
      status,
      timestamp: timestamp.toISOString(),
      raw: raw ?? null,
    })),
    playedAt: isoOrNull(playedAtOf(message)),
    pricing: toPricingView(message.pricing),
    participants: (message.participants ?? []).map(({ id, word, at }) => ({
      id,
      word,
      at: at.toISOString(),
    })),
    versions: versionsOf(message).map(({ kind, at, eventId, content }) => ({
      ...{ kind, at: at.toISOString(), eventId },
      content: shownContent(content, message),
      source: sourceOfEvent(sources, eventId),
    })),
    source: sourceOfEvent(sources, message.providerMessageId ?? null) ?? earlierSource(message.content.raw),
  };
}

type SourceView = NonNullable<MessageView['source']>;

function sourceOfEvent(sources: readonly MessageSource[], eventId: string | null): SourceView | null {
  const found = sources.find((source) => source.eventId === eventId);
  return found === undefined ? null : toSourceView(found);
}

const toSourceView = ({ json, isCut }: Pick<MessageSource, 'json' | 'isCut'>): SourceView => ({
  object: JSON.parse(json) as SourceView['object'],
  isCut,
});

/** Earlier versions stored the provider's object with the message. */
const earlierSource = (raw: MessageDoc['content']['raw']): SourceView | null =>
  raw === undefined ? null : toSourceView(sourceOf(raw));

/**
 * The response to the request that created the message. Shows the message as accepted, not its current state, so that
 * a repeated request always gets the same response.
 */
export function toAcceptedView(message: MessageDoc): MessageView {
  const [accepted] = message.statusHistory;
  const status = message.sendAt === undefined ? ('queued' as const) : ('scheduled' as const);
  const {
    providerMessageId: _id,
    failure: _failure,
    waiting: _waiting,
    pricing: _pricing,
    participants: _participants,
    retriedBy: _by,
    to: _to,
    recipientUserId: _userId,
    acceptedContent = message.content,
    ...asAccepted
  } = message;
  return toMessageView({
    ...asAccepted,
    content: acceptedContent,
    ...(message.acceptedFor ?? addressOfMessage(message)),
    status,
    statusHistory: accepted === undefined ? [] : [accepted],
    dispatch: { attempt: 0, isCalling: false, attempts: [] },
  });
}
