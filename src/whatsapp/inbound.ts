import { z } from 'zod';
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
  readonly messageType: string;
  readonly timestampMs: number;
  /** The message as the provider sent it. */
  readonly raw: Readonly<Record<string, unknown>>;
}

export type ReadInbound =
  | ({ readonly kind: 'message' } & InboundItem)
  | { readonly kind: 'invalid'; readonly reason: string };

export interface InboundContext {
  readonly phoneNumberId: string | null;
  /** The unparsed `contacts` of the body. */
  readonly contacts: readonly unknown[];
  /** The place of the message in the body. */
  readonly path: string;
}

const Inbound = z.looseObject({
  id: z.string().min(1).max(512),
  from: z.string().min(1).max(64).optional(),
  from_user_id: z.string().min(1).max(160).optional(),
  timestamp: Timestamp,
  type: z.string().min(1).max(64),
});

const Contact = z.looseObject({
  wa_id: z.string().optional(),
  user_id: z.string().optional(),
  profile: z.looseObject({ name: z.string().optional() }).optional(),
});

/** Reads one of `messages[]`. Only id, sender, time and type are required. */
export function readInbound(given: unknown, context: InboundContext): ReadInbound {
  const parsed = Inbound.safeParse(given);
  if (!parsed.success) return invalidItem(context.path, parsed.error);
  const { id, from, from_user_id: fromUserId, timestamp, type } = parsed.data;
  if (from === undefined && fromUserId === undefined) {
    return { kind: 'invalid', reason: `${context.path} names no sender` };
  }
  const profileName = profileNameOf(context.contacts, { from, fromUserId });
  // Not the parsed object, which lacks parts of an unknown shape.
  const raw = given as Readonly<Record<string, unknown>>;
  return {
    kind: 'message',
    phoneNumberId: context.phoneNumberId,
    providerMessageId: id,
    messageType: type,
    timestampMs: toEpochMs(timestamp),
    raw,
    ...(from === undefined ? {} : { from }),
    ...(fromUserId === undefined ? {} : { fromUserId }),
    ...(profileName === undefined ? {} : { profileName }),
    ...readContent(type, raw),
  };
}

/** The name that the sender shows on WhatsApp. */
const profileNameOf = (
  contacts: readonly unknown[],
  { from, fromUserId }: { from: string | undefined; fromUserId: string | undefined },
): string | undefined =>
  contacts
    .map((contact) => Contact.safeParse(contact).data)
    .find(
      (contact) =>
        (from !== undefined && contact?.wa_id === from) ||
        (fromUserId !== undefined && contact?.user_id === fromUserId),
    )?.profile?.name;
