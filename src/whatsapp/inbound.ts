import { z } from 'zod';
import { canonicalJson } from '../platform/canonical-json.ts';
import { sha256Hex } from '../platform/ids.ts';
import { createEditReader, readChangeEvent } from './inbound/changes.ts';
import { createFieldReader, type FieldReader, type Fields } from './inbound/fields.ts';
import { kindReaders } from './inbound/kinds.ts';
import { readErrors } from './inbound/notices.ts';
import { toSenderFields } from './identity.ts';
import { readShownPerson, type BodyContacts } from './shown-person.ts';
import { completedByNotice, readSystemChange, type IdentityChange } from './identity-changes.ts';
import { readContent, type InboundContent } from './inbound-content.ts';
import { invalidItem, Timestamp, toEpochMs } from './webhook-fields.ts';

/** A message from a contact. */
export interface InboundItem extends InboundContent {
  readonly phoneNumberId: string | null;
  readonly providerMessageId: string;
  /** The sender's `wa_id` (digits); absent if only the business-scoped user id is known. */
  readonly from?: string;
  readonly fromUserId?: string;
  readonly fromParentUserId?: string;
  /** Set for a system message that says that the person has a new number or user id. */
  readonly identityChange?: IdentityChange;
  readonly profileName?: string;
  /** Chosen by the person; it can change. */
  readonly username?: string;
  /** The group in which it was written; missing for a message to the business alone. */
  readonly groupId?: string;
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

export interface InboundContext extends BodyContacts {
  readonly phoneNumberId: string | null;
  /** The business wrote it on its phone, so it need not name a sender. */
  readonly isFromBusiness?: boolean;
  /** The unparsed `errors` beside the messages: they explain a message without its object. */
  readonly errors?: readonly unknown[];
  /** The place of the message in the body. */
  readonly path: string;
}

const Inbound = z.looseObject({
  id: z
    .union([z.string().min(1).max(512), z.number().transform(String)])
    .optional()
    .catch(undefined),
  from: z.unknown().optional(),
  from_user_id: z.unknown().optional(),
  from_parent_user_id: z.unknown().optional(),
  timestamp: Timestamp.optional().catch(undefined),
  group_id: z.string().min(1).max(160).optional().catch(undefined),
});

/** Reads one of `messages[]`. Only the sender is required. */
export function readInbound(given: unknown, context: InboundContext): ReadInbound {
  const parsed = Inbound.safeParse(given);
  if (!parsed.success) return invalidItem(context.path, parsed.error);
  const {
    id = derivedIdOf(given, context),
    from,
    from_user_id: userId,
    from_parent_user_id: parentUserId,
    timestamp,
    group_id: groupId,
  } = parsed.data;
  const shown = readShownPerson({ number: from, userId, parentUserId }, context);
  const { profileName } = shown;
  const person = completedByNotice(shown.person, given);
  const identityChange = readSystemChange(given);
  const sender = person ?? identityChange?.to ?? null;
  if (sender === null && context.isFromBusiness !== true)
    return { kind: 'invalid', reason: `${context.path} names no sender` };
  // Not the parsed object, which lacks parts of an unknown shape.
  const object = given as Fields;
  const read = createFieldReader();
  const hasOwnId = parsed.data.id !== undefined;
  if (hasOwnId) read.pass(object, 'id');
  for (const field of ['from', 'from_user_id', 'from_parent_user_id']) read.pass(object, field);
  if (timestamp !== undefined) read.pass(object, 'timestamp');
  if (groupId !== undefined) read.pass(object, 'group_id');
  const { messageType, content, change, raw } = readMessage(read, object, context.errors ?? []);
  return {
    kind: 'message',
    phoneNumberId: context.phoneNumberId,
    providerMessageId: id,
    messageType,
    timestampMs: timestamp === undefined ? null : toEpochMs(timestamp),
    raw,
    ...(groupId === undefined ? {} : { groupId }),
    ...(sender === null ? {} : toSenderFields(sender)),
    ...(identityChange === null ? {} : { identityChange }),
    ...(profileName === undefined ? {} : { profileName }),
    ...(change === undefined ? {} : { change }),
    ...content,
    ...(!hasOwnId || read.leavesMore(object) ? { source: object } : {}),
  };
}

/** The id of a message that has none, or one that is too long: equal for equal messages, so a repetition adds nothing. */
const derivedIdOf = (given: unknown, { phoneNumberId }: InboundContext): string =>
  `derived:${sha256Hex(canonicalJson({ phoneNumberId, given }))}`;

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
