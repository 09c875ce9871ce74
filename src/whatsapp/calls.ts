import { z } from 'zod';
import type { ChangeContext, UnreadableChange } from './change-reader.ts';
import { knownInCall, knownInCallStatus } from './known-keys.ts';
import type { Leaf } from './leaves.ts';
import { readMore } from './leftovers.ts';
import { counterpartOf, SharedValue, type Counterpart } from './phone-messages.ts';
import { invalidItem, Timestamp, toEpochMs } from './webhook-fields.ts';

/** One event of a voice call; a call has several, in any order. Session descriptions are left out. */
export interface CallItem {
  readonly kind: 'call';
  readonly phoneNumberId: string | null;
  readonly person: Counterpart;
  readonly callId: string;
  /** `inbound`: the person called. Null if the event does not say. */
  readonly direction: 'inbound' | 'outbound' | null;
  /** The provider's word: `connect`, `terminate`, `RINGING`, `ACCEPTED`, `REJECTED`. */
  readonly word: string;
  readonly atMs: number;
  /** The end of a call: `COMPLETED`, `FAILED`. */
  readonly outcome?: string;
  readonly startedAtMs?: number;
  readonly endedAtMs?: number;
  readonly durationSeconds?: number;
  /** The first error of a failed call. */
  readonly error?: { readonly code: string; readonly title: string };
  /** What the business gave to the call, echoed. */
  readonly opaque?: string;
  /** The values of keys that the product does not know, possible phone numbers masked. */
  readonly more?: readonly Leaf[];
}

const personId = z.string().min(1).max(160).optional().catch(undefined);
const time = Timestamp.optional().catch(undefined);
const word = z.string().min(1).max(64);

const Call = z.looseObject({
  id: z.string().min(1).max(512),
  from: personId,
  to: personId,
  from_user_id: personId,
  to_user_id: personId,
  event: word,
  timestamp: Timestamp,
  direction: z.enum(['USER_INITIATED', 'BUSINESS_INITIATED']).optional().catch(undefined),
  status: z
    .union([word, z.array(word)])
    .optional()
    .catch(undefined),
  start_time: time,
  end_time: time,
  duration: z.coerce.number().nonnegative().max(1e9).optional().catch(undefined),
  biz_opaque_callback_data: z.string().max(512).optional().catch(undefined),
  errors: z
    .array(
      z.looseObject({
        code: z.union([z.number(), z.string()]),
        title: z.string().optional(),
        message: z.string().optional(),
      }),
    )
    .optional()
    .catch(undefined),
});
type Call = z.output<typeof Call>;

const CallStatus = z.looseObject({
  id: z.string().min(1).max(512),
  status: word,
  timestamp: Timestamp,
  recipient_id: personId,
  recipient_user_id: personId,
  biz_opaque_callback_data: z.string().max(512).optional().catch(undefined),
});

const Calls = SharedValue.extend({
  calls: z.array(z.unknown()).optional().catch(undefined),
  statuses: z.array(z.unknown()).optional().catch(undefined),
});

type Read = CallItem | UnreadableChange;

interface CallPlace {
  readonly phoneNumberId: string | null;
  readonly contacts: readonly unknown[];
}

/** Reads `calls`; null for every other field. */
export function readCalls(field: string, value: unknown, { path }: ChangeContext): Read[] | null {
  if (field !== 'calls') return null;
  const read = Calls.safeParse(value).data;
  if (read === undefined) return [{ kind: 'invalid', reason: `${path} is not readable` }];
  const { metadata, contacts = [], calls = [], statuses = [] } = read;
  const place = { phoneNumberId: metadata?.phone_number_id ?? null, contacts };
  return [
    ...calls.map((call, index) => readCall(call, place, `${path}.calls[${index}]`)),
    ...statuses.map((status, index) => readStatus(status, place, `${path}.statuses[${index}]`)),
  ];
}

function readCall(given: unknown, { phoneNumberId, contacts }: CallPlace, path: string): Read {
  const parsed = Call.safeParse(given);
  if (!parsed.success) return invalidItem(path, parsed.error);
  const call = parsed.data;
  const isInbound = call.direction !== 'BUSINESS_INITIATED';
  const person = isInbound
    ? counterpartOf({ waId: call.from, userId: call.from_user_id }, contacts)
    : counterpartOf({ waId: call.to, userId: call.to_user_id }, contacts);
  if (person === null) return { kind: 'invalid', reason: `${path} names no person` };
  return {
    kind: 'call',
    phoneNumberId,
    person,
    callId: call.id,
    direction: isInbound ? 'inbound' : 'outbound',
    word: call.event,
    atMs: toEpochMs(call.timestamp),
    ...endOf(call),
    ...readMore(given, knownInCall),
  };
}

function endOf(call: Call): Partial<CallItem> {
  const { start_time: start, end_time: end, duration, biz_opaque_callback_data: opaque } = call;
  const outcome = Array.isArray(call.status) ? call.status[0] : call.status;
  const error = call.errors?.[0];
  return {
    ...(outcome === undefined ? {} : { outcome }),
    ...(start === undefined ? {} : { startedAtMs: toEpochMs(start) }),
    ...(end === undefined ? {} : { endedAtMs: toEpochMs(end) }),
    ...(duration === undefined ? {} : { durationSeconds: duration }),
    ...(error === undefined
      ? {}
      : { error: { code: String(error.code), title: error.title ?? error.message ?? '' } }),
    ...(opaque === undefined ? {} : { opaque }),
  };
}

/** Statuses exist for calls of the business only. */
function readStatus(given: unknown, { phoneNumberId, contacts }: CallPlace, path: string): Read {
  const parsed = CallStatus.safeParse(given);
  if (!parsed.success) return invalidItem(path, parsed.error);
  const { id: callId, status, timestamp, recipient_id: waId, recipient_user_id: userId } = parsed.data;
  const { biz_opaque_callback_data: opaque } = parsed.data;
  const person = counterpartOf({ waId, userId }, contacts);
  if (person === null) return { kind: 'invalid', reason: `${path} names no person` };
  return {
    kind: 'call',
    phoneNumberId,
    person,
    callId,
    direction: 'outbound',
    word: status,
    atMs: toEpochMs(timestamp),
    ...(opaque === undefined ? {} : { opaque }),
    ...readMore(given, knownInCallStatus),
  };
}
