import { z } from 'zod';
import { cleanName } from '../platform/text.ts';
import { createEditReader, readChangeEvent } from './inbound/changes.ts';
import { createFieldReader, type FieldReader, type Fields } from './inbound/fields.ts';
import { kindReaders } from './inbound/kinds.ts';
import { readErrors } from './inbound/notices.ts';
import { readContent, type InboundContent } from './inbound-content.ts';
import { invalidItem, Timestamp, toEpochMs } from './webhook-fields.ts';

/** A message from a contact. */
export interface InboundItem extends InboundContent {
  readonly phoneNumberId: string | null;
  readonly providerMessageId: string;
  /** The sender's `wa_id` (digits); absent if only the business-scoped user id is known. */
  readonly from?: string;
  readonly fromUserId?: string;
  readonly profileName?: string;
  /** Chosen by the person; it can change. */
  readonly username?: string;
  readonly messageType: string;
  /** Null if the provider tells no readable time. */
  readonly timestampMs: number | null;
  /** Set if the person changed an earlier message; the content is that of the edited message. */
  readonly change?: InboundChange;
  /** The message as the provider sent it; of an edit, the edited message. */
  readonly raw: Fields;
  /** The provider's object if it holds more than this item. */
  readonly source?: Fields;
}

export interface InboundChange {
  readonly kind: 'edit' | 'revoke';
  /** The provider's id of the changed message. */
  readonly originalId: string;
}

export type ReadInbound =
  | ({ readonly kind: 'message' } & InboundItem)
  | { readonly kind: 'invalid'; readonly reason: string };

export interface InboundContext {
  readonly phoneNumberId: string | null;
  /** The unparsed `contacts` of the body. */
  readonly contacts: readonly unknown[];
  /** The unparsed `errors` beside the messages: they explain a message without its object. */
  readonly errors?: readonly unknown[];
  /** The place of the message in the body. */
  readonly path: string;
}

const Inbound = z.looseObject({
  id: z.string().min(1).max(512),
  from: z.string().min(1).max(64).optional(),
  from_user_id: z.string().min(1).max(160).optional(),
  timestamp: Timestamp.optional().catch(undefined),
});

const Contact = z.looseObject({
  wa_id: z.string().optional(),
  user_id: z.string().optional(),
  profile: z
    .looseObject({
      name: z.string().optional().catch(undefined),
      username: z.string().optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});

/** Reads one of `messages[]`. Only id and sender are required. */
export function readInbound(given: unknown, context: InboundContext): ReadInbound {
  const parsed = Inbound.safeParse(given);
  if (!parsed.success) return invalidItem(context.path, parsed.error);
  const { id, from, from_user_id: fromUserId, timestamp } = parsed.data;
  if (from === undefined && fromUserId === undefined) {
    return { kind: 'invalid', reason: `${context.path} names no sender` };
  }
  const { profileName, username } = profileOf(context.contacts, { from, fromUserId });
  // Not the parsed object, which lacks parts of an unknown shape.
  const object = given as Fields;
  const read = createFieldReader();
  for (const field of ['id', 'from', 'from_user_id']) read.pass(object, field);
  if (timestamp !== undefined) read.pass(object, 'timestamp');
  const { messageType, content, change, raw } = readMessage(read, object, context.errors ?? []);
  return {
    kind: 'message',
    phoneNumberId: context.phoneNumberId,
    providerMessageId: id,
    messageType,
    timestampMs: timestamp === undefined ? null : toEpochMs(timestamp),
    raw,
    ...(from === undefined ? {} : { from }),
    ...(fromUserId === undefined ? {} : { fromUserId }),
    ...(profileName === undefined ? {} : { profileName }),
    ...(username === undefined ? {} : { username }),
    ...(change === undefined ? {} : { change }),
    ...content,
    ...(read.leavesMore(object) ? { source: object } : {}),
  };
}

type Message = Pick<InboundItem, 'messageType' | 'change' | 'raw'> & { readonly content: InboundContent };

function readMessage(read: FieldReader, object: Fields, errors: readonly unknown[]): Message {
  const messageType = typeOf(read, object);
  const event = readChangeEvent(read, object, messageType);
  if (event === undefined) {
    const explained =
      object[messageType] === undefined && object['errors'] === undefined && errors.length > 0;
    const content = explained
      ? { ...readContent(messageType, object, read), ...explanationOf(errors) }
      : readContent(messageType, object, read);
    return { messageType, content, raw: object };
  }
  const { kind, originalId, edited } = event;
  const change = { kind, originalId };
  if (edited === undefined) return { messageType, content: {}, change, raw: {} };
  const editReader = createEditReader();
  const editedType = typeOf(editReader, edited);
  const content = readContent(editedType, edited, editReader);
  if (!editReader.leavesMore(edited)) passAll(read, object, messageType);
  return { messageType: editedType, content, change, raw: edited };
}

/** Marks the edited message as read, which has a reader of its own. */
function passAll(read: FieldReader, object: Fields, type: string): void {
  const event = read.object(object, type);
  if (event !== undefined) read.pass(event, 'message');
}

/** The errors beside the messages, and the title of the first as the text of a message that has lost its object. */
function explanationOf(errors: readonly unknown[]): InboundContent {
  const read = readErrors(createFieldReader(), { errors });
  const title = read[0]?.title ?? read[0]?.message;
  return { ...(title === undefined ? {} : { text: title }), ...(read.length === 0 ? {} : { errors: read }) };
}

/** A missing or unreadable type is taken from the object that the message has. */
function typeOf(read: FieldReader, message: Fields): string {
  const { type } = message;
  if (typeof type === 'string' && /^\w{1,64}$/.test(type)) {
    read.pass(message, 'type');
    return type;
  }
  return [...kindReaders.keys()].find((kind) => typeof message[kind] === 'object') ?? 'unknown';
}

const maxNameLength = 200;
const maxUsernameLength = 100;

/** What the sender shows of themselves on WhatsApp, safe to show; without what nobody can see. */
function profileOf(
  contacts: readonly unknown[],
  { from, fromUserId }: { from: string | undefined; fromUserId: string | undefined },
): Pick<InboundItem, 'profileName' | 'username'> {
  const profile = contacts
    .map((contact) => Contact.safeParse(contact).data)
    .find(
      (contact) =>
        (from !== undefined && contact?.wa_id === from) ||
        (fromUserId !== undefined && contact?.user_id === fromUserId),
    )?.profile;
  const profileName = cleanName(profile?.name ?? '', maxNameLength);
  const username = cleanName(profile?.username ?? '', maxUsernameLength);
  return {
    ...(profileName === undefined ? {} : { profileName }),
    ...(username === undefined ? {} : { username }),
  };
}
