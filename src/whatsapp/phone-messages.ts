import { z } from 'zod';
import type { ChangeContext, UnreadableChange } from './change-reader.ts';
import { readShownPerson } from './shown-person.ts';
import { isFields } from './inbound/fields.ts';
import { readInbound, type InboundItem } from './inbound.ts';

/** The person on the other side of a message of the business. At least one of the ids is present. */
export interface Counterpart {
  /** The person's `wa_id` or phone number, as the provider writes it. */
  readonly waId?: string;
  readonly userId?: string;
  readonly parentUserId?: string;
  readonly name?: string;
  readonly username?: string;
}

/** A message that the business sent from its phone (the WhatsApp Business app), not through the API. */
export interface EchoItem {
  readonly kind: 'echo';
  readonly phoneNumberId: string | null;
  /** Null for a message to a group. */
  readonly to: Counterpart | null;
  readonly groupId: string | null;
  /** Content, time and id; its sender is the business. */
  readonly message: InboundItem;
}

/** The parts of a value that all coexistence fields share. */
export const SharedValue = z.looseObject({
  metadata: z
    .looseObject({
      phone_number_id: z.string().min(1).max(64),
      display_phone_number: z.string().max(64).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
  contacts: z.array(z.unknown()).optional().catch(undefined),
});

const Echoes = SharedValue.extend({ message_echoes: z.array(z.unknown()) });

const personId = z.string().min(1).max(160).optional().catch(undefined);

const Echo = z.looseObject({
  to: personId,
  to_user_id: personId,
  recipient_user_id: personId,
  group_id: z.string().min(1).max(160).optional().catch(undefined),
});

const echoFields: ReadonlySet<string> = new Set(['smb_message_echoes', 'message_echoes']);

/** Reads `message_echoes`; null for every other field. */
export function readEchoes(
  field: string,
  value: unknown,
  { path }: ChangeContext,
): Iterable<EchoItem | UnreadableChange> | null {
  if (!echoFields.has(field)) return null;
  const echoes = Echoes.safeParse(value).data;
  if (echoes === undefined) return [{ kind: 'invalid', reason: `${path} is not readable` }];
  return readEchoesOf(echoes, path);
}

/** Reads the echoes that stand beside the messages of a value; null for most values. */
export function readEchoesBeside(value: unknown, path: string): Iterable<EchoItem | UnreadableChange> | null {
  const echoes = Echoes.safeParse(value).data;
  return echoes === undefined ? null : readEchoesOf(echoes, path);
}

function* readEchoesOf(
  { metadata, contacts = [], message_echoes: echoes }: z.output<typeof Echoes>,
  path: string,
): Generator<EchoItem | UnreadableChange> {
  const phoneNumberId = metadata?.phone_number_id ?? null;
  for (const [index, echo] of echoes.entries()) {
    yield readEcho(echo, { phoneNumberId, contacts, path: `${path}.message_echoes[${index}]` });
  }
}

interface EchoPlace {
  readonly phoneNumberId: string | null;
  readonly contacts: readonly unknown[];
  readonly path: string;
}

function readEcho(given: unknown, { phoneNumberId, contacts, path }: EchoPlace): EchoItem | UnreadableChange {
  const message = readBusinessMessage(given, { phoneNumberId, path });
  if (message.kind === 'invalid') return message;
  const echo = Echo.safeParse(given).data;
  const groupId = echo?.group_id ?? null;
  const waId = echo?.to;
  const userId = echo?.to_user_id ?? echo?.recipient_user_id;
  const to = groupId === null ? counterpartOf({ waId, userId }, contacts) : null;
  if (to === null && groupId === null) return { kind: 'invalid', reason: `${path} names no recipient` };
  return { kind: 'echo', phoneNumberId, to, groupId, message };
}

/** The message of a business, which may lack `from`: it is the channel's own number. */
export const readBusinessMessage = (
  given: unknown,
  { phoneNumberId, path }: Pick<EchoPlace, 'phoneNumberId' | 'path'>,
): ReturnType<typeof readInbound> => {
  const context = { phoneNumberId, contacts: [], isAlone: false, isFromBusiness: true, path };
  if (!isFields(given)) return readInbound(given, context);
  const sent = Object.entries(given).flatMap(([field, value]): [string, unknown][] => {
    if (field === 'history_context') return leftOfHistory(value);
    return readElsewhere.has(field) ? [] : [[field, value]];
  });
  return readInbound(Object.fromEntries(sent), context);
};

/** Fields that say where a message went, which the readers of this file and of the backlog read. */
const readElsewhere: ReadonlySet<string> = new Set(['group_id', 'recipient_user_id', 'to', 'to_user_id']);

/** The backlog reads the state of a message; whatever stands beside it goes into the source of the message. */
function leftOfHistory(value: unknown): [string, unknown][] {
  if (!isFields(value)) return [['history_context', value]];
  const { status: _state, ...rest } = value;
  return Object.keys(rest).length === 0 ? [] : [['history_context', rest]];
}

/** The ids with what `contacts` tells about them; null if there is no id. */
export function counterpartOf(
  { waId, userId }: { waId: string | undefined; userId: string | undefined },
  contacts: readonly unknown[],
): Counterpart | null {
  const { person, profileName } = readShownPerson({ number: waId, userId }, { contacts, isAlone: false });
  if (person === null) return null;
  const { whatsappId, businessScopedUserId, parentUserId, username } = person;
  return {
    ...(whatsappId === undefined ? {} : { waId: whatsappId }),
    ...(businessScopedUserId === undefined ? {} : { userId: businessScopedUserId }),
    ...(parentUserId === undefined ? {} : { parentUserId }),
    ...(profileName === undefined ? {} : { name: profileName }),
    ...(username === undefined ? {} : { username }),
  };
}
