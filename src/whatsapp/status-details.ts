import { z } from 'zod';
import { knownInStatus } from './known-keys.ts';
import { cleanText, type Leaf } from './leaves.ts';
import { readMore } from './leftovers.ts';
import { maskDigits } from './payload.ts';
import { Timestamp, toEpochMs } from './webhook-fields.ts';

/** An error of a status, with possible phone numbers masked: it is stored in workflow histories. */
export interface StatusError {
  readonly code: string;
  readonly title?: string;
  readonly message?: string;
  readonly detail?: string;
  readonly href?: string;
}

/** What a status says beside its word, failure and price class. Holds no phone number. */
export interface StatusDetails {
  readonly billable?: boolean;
  readonly conversation?: {
    readonly id?: string;
    /** Why the conversation is priced as it is: `service`, `referral_conversion`. */
    readonly origin?: string;
    readonly expiresAtMs?: number;
  };
  /** All errors; the first one decides about the failure. */
  readonly errors?: readonly StatusError[];
  /** `individual` or `group`. */
  readonly recipientType?: string;
  /** The values of keys that the product does not know, possible phone numbers masked. */
  readonly more?: readonly Leaf[];
}

/** A status holds one error; each of its texts is a sentence or two. */
const maxErrors = 3;
const maxText = 512;
const text = z.string().min(1).optional().catch(undefined);

const Details = z.looseObject({
  pricing: z
    .looseObject({ billable: z.boolean().optional().catch(undefined) })
    .optional()
    .catch(undefined),
  conversation: z
    .looseObject({
      id: text,
      origin: z.looseObject({ type: text }).optional().catch(undefined),
      expiration_timestamp: Timestamp.optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
  errors: z.array(z.unknown()).optional().catch(undefined),
  recipient_type: text,
  recipient_participant_id: z.string().min(1).max(160).optional().catch(undefined),
  recipient_participant_user_id: z.string().min(1).max(160).optional().catch(undefined),
});
type Details = z.output<typeof Details>;

const StatusErrorObject = z.looseObject({
  code: z.union([z.number(), z.string()]).transform(String),
  title: text,
  message: text,
  error_data: z
    .union([z.string(), z.looseObject({ details: text })])
    .optional()
    .catch(undefined),
  href: text,
});

/** The fields that `readStatus` adds to an item. */
export interface ReadDetails {
  readonly details?: StatusDetails;
  /** The participant of a group whose device reports; groups report each participant. */
  readonly participantId?: string;
}

/** Reads what a status says beside its required fields. Never throws; unreadable parts are left out. */
export function readStatusDetails(given: unknown): ReadDetails {
  const read = Details.safeParse(given).data;
  if (read === undefined) return {};
  const details = {
    ...(read.pricing?.billable === undefined ? {} : { billable: read.pricing.billable }),
    ...conversationOf(read),
    ...errorsOf(read),
    ...(read.recipient_type === undefined ? {} : { recipientType: shortened(read.recipient_type) }),
    ...readMore(given, knownInStatus),
  };
  const participantId = read.recipient_participant_id ?? read.recipient_participant_user_id;
  return {
    ...(Object.keys(details).length === 0 ? {} : { details }),
    ...(participantId === undefined ? {} : { participantId }),
  };
}

function conversationOf({ conversation }: Details): Pick<StatusDetails, 'conversation'> {
  if (conversation === undefined) return {};
  const { id, origin, expiration_timestamp: expiresAt } = conversation;
  const fields = {
    ...(id === undefined ? {} : { id: shortened(id) }),
    ...(origin?.type === undefined ? {} : { origin: shortened(origin.type) }),
    ...(expiresAt === undefined ? {} : { expiresAtMs: toEpochMs(expiresAt) }),
  };
  return Object.keys(fields).length === 0 ? {} : { conversation: fields };
}

function errorsOf({ errors = [] }: Details): Pick<StatusDetails, 'errors'> {
  const read = errors.slice(0, maxErrors).flatMap((error) => {
    const { data } = StatusErrorObject.safeParse(error);
    return data === undefined ? [] : [errorOf(data)];
  });
  return read.length === 0 ? {} : { errors: read };
}

function errorOf({
  code,
  title,
  message,
  error_data: data,
  href,
}: z.output<typeof StatusErrorObject>): StatusError {
  const detail = typeof data === 'string' ? data : data?.details;
  return {
    code: shortened(code),
    ...(title === undefined ? {} : { title: masked(title) }),
    ...(message === undefined ? {} : { message: masked(message) }),
    ...(detail === undefined || detail === '' ? {} : { detail: masked(detail) }),
    ...(href === undefined ? {} : { href: masked(href) }),
  };
}

const shortened = (given: string): string => cleanText(given, maxText);
const masked = (given: string): string => maskDigits(shortened(given));
