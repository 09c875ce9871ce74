import type { Types } from 'mongoose';
import type { Answered, ContactDirectory, ContactDoc } from '../../../people/contacts/directory.ts';
import { createCache } from '../../../platform/cache.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { InboundItem, StatusItem } from '../../../whatsapp/events.ts';
import { senderOf, type PersonIdentity } from '../../../whatsapp/identity.ts';
import type { MessageRepository, ReceiptTarget } from '../store/repository.ts';
import { answeredOf } from './rules.ts';

/** The people that messages and receipts name. */

interface SenderDeps {
  readonly contacts: Pick<ContactDirectory, 'findById' | 'recognise' | 'follow'>;
  readonly messages: Pick<MessageRepository, 'findAnswered'>;
}

export interface Sender {
  readonly contact: ContactDoc;
  /** The stored message that this one answers. */
  readonly repliesTo: Types.ObjectId | null;
}

/**
 * The contact that sent an item, created if unknown, and followed to the new identity that a system message announces.
 * Null if the item names nobody.
 */
export async function findSender(
  { contacts, messages }: SenderDeps,
  scope: ClientScope,
  {
    channelId,
    item,
    at,
    known,
  }: {
    readonly channelId: Types.ObjectId;
    readonly item: InboundItem;
    readonly at: Date;
    /** The contact of the stored message that the item repeats or changes. */
    readonly known: ContactDoc | null;
  },
): Promise<Sender | null> {
  const { profileName: name, identityChange, contextId } = item;
  const found =
    contextId === undefined
      ? []
      : await messages.findAnswered(scope, { channelId, providerMessageId: contextId });
  const quoted = answeredOf(found);
  const sender = (contact: ContactDoc): Sender => ({
    contact,
    repliesTo: answeredOf(found, contact._id)?._id ?? null,
  });
  if (known !== null) return sender(known);
  if (identityChange !== undefined) return sender(await contacts.follow(scope, identityChange, { at, name }));
  const identity = senderOf(item);
  if (identity === null) return null;
  const answered = isInGroup(item) || quoted === null ? undefined : await answeredBy(contacts, scope, quoted);
  return sender(await contacts.recognise(scope, { identity, at }, { name, answered }));
}

/** In a group anybody can quote our message. */
const isInGroup = ({ raw }: InboundItem): boolean =>
  raw['group_id'] !== undefined && raw['group_id'] !== null;

type Quoted = Awaited<ReturnType<MessageRepository['findAnswered']>>[number];

async function answeredBy(
  contacts: SenderDeps['contacts'],
  scope: ClientScope,
  { direction, contactId, to, recipientUserId, timestamp, dispatch }: Quoted,
): Promise<Answered | undefined> {
  if (direction !== 'outbound') return undefined;
  const contact = await contacts.findById(scope, contactId);
  if (contact === null) return undefined;
  const sentAt = dispatch.startedAt ?? timestamp;
  return { contact, address: { phoneNumber: to, businessScopedUserId: recipientUserId }, sentAt };
}

/** Receipts of one message name the same person, and three of them come for each message. */
const known = { ttlMs: 10 * 60_000, maxEntries: 10_000 };

const minuteMs = 60_000;

/**
 * Learns from receipts who got a message: the number behind a user id, the user id behind a number. They belonged together
 * when the message was sent; a receipt may come after the number has changed hands.
 */
export function createRecipientReader(contacts: Pick<ContactDirectory, 'learn'>, clock: Clock) {
  const learnt = createCache<unknown>({ ...known, clock });
  return {
    async read(scope: ClientScope, target: ReceiptTarget, statuses: readonly StatusItem[]): Promise<void> {
      for (const { word, recipient, timestampMs } of statuses) {
        if (recipient === undefined) continue;
        const identity = word === 'failed' ? pairIn(recipient) : completed(recipient, target);
        if (identity === null || saysNothingNew(identity)) continue;
        const at = new Date(timestampMs);
        const since = sentBefore(target, at);
        const minute = Math.floor(since.getTime() / minuteMs);
        const key = JSON.stringify([scope.clientId, target.contactId, identity, minute]);
        await learnt.get(key, () => contacts.learn(scope, { identity, at, since }));
      }
    },
  };
}

/** When the message was sent, by our clock, which may be ahead of the provider's. */
function sentBefore({ dispatch, timestamp }: ReceiptTarget, receivedAt: Date): Date {
  const sentAt = dispatch.startedAt ?? timestamp;
  return sentAt < receivedAt ? sentAt : receivedAt;
}

/** The recipient with the address that was called, which got the message. */
const completed = (
  recipient: PersonIdentity,
  { to: phoneNumber, recipientUserId }: ReceiptTarget,
): PersonIdentity => ({
  ...(recipientUserId === undefined ? {} : { businessScopedUserId: recipientUserId }),
  ...recipient,
  ...(phoneNumber === undefined ? {} : { phoneNumber }),
});

/** A failed message reached nobody, so only a number and a user id that the receipt itself names belong together. */
const pairIn = (recipient: PersonIdentity): PersonIdentity | null =>
  recipient.businessScopedUserId !== undefined && recipient.whatsappId !== undefined ? recipient : null;

const saysNothingNew = (identity: {
  readonly phoneNumber?: string | undefined;
  readonly whatsappId?: string | undefined;
  readonly businessScopedUserId?: string | undefined;
  readonly parentUserId?: string | undefined;
}): boolean =>
  identity.businessScopedUserId === undefined &&
  identity.parentUserId === undefined &&
  (identity.whatsappId === undefined || `+${identity.whatsappId}` === identity.phoneNumber);
