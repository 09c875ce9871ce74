import { z } from 'zod';
import { readAccountChange, type AccountChange } from './account-changes.ts';
import { readErrorReport } from './account-reports.ts';
import { readRecipient, type BodyContacts, type PersonIdentity } from './identity.ts';
import { readInbound, type InboundItem } from './inbound.ts';
import { maskDigits } from './payload.ts';
import { invalidItem, Timestamp, toEpochMs } from './webhook-fields.ts';

export type { InboundItem } from './inbound.ts';

/** One item of a webhook body, in any of the shapes that Meta and relays send. */
export type WebhookItem =
  | ({ readonly kind: 'status' } & StatusItem)
  | ({ readonly kind: 'message' } & InboundItem)
  /** A change of a template, an account or a person's preference. */
  | AccountChange
  /** An unreadable item; `reason` names its place. Other items of the body are not affected. */
  | { readonly kind: 'invalid'; readonly reason: string };

export interface StatusItem {
  /** The channel's number; null in shapes without it. */
  readonly phoneNumberId: string | null;
  readonly providerMessageId: string;
  /** The person that the receipt names; missing for groups. */
  readonly recipient?: PersonIdentity;
  /** The status as the provider names it. */
  readonly word: string;
  readonly timestampMs: number;
  readonly opaque?: string;
  readonly error?: { readonly code: number; readonly title: string; readonly detail: string };
  readonly pricing?: { readonly category?: string; readonly type?: string; readonly model?: string };
  /** The end of the free entry point: until then, all messages to a person who came from an advertisement are free. */
  readonly freeEntryUntilMs?: number;
}

/** Only id, status and time are required; other fields may have any shape without making the status unreadable. */
const Status = z.object({
  id: z.string().min(1).max(512),
  status: z.string().min(1).max(64),
  timestamp: Timestamp,
  biz_opaque_callback_data: z.string().max(512).optional().catch(undefined),
  errors: z
    .array(
      z.object({
        code: z.coerce.number().int(),
        title: z.string().optional(),
        message: z.string().optional(),
        error_data: z.object({ details: z.string().optional() }).optional().catch(undefined),
      }),
    )
    .optional()
    .catch(undefined),
  pricing: z
    .object({
      category: z.string().optional(),
      type: z.string().optional(),
      pricing_model: z.string().optional(),
    })
    .optional()
    .catch(undefined),
  conversation: z
    .object({
      expiration_timestamp: Timestamp,
      origin: z.object({ type: z.literal('referral_conversion') }),
    })
    .optional()
    .catch(undefined),
});

const Value = z.looseObject({
  metadata: z.looseObject({ phone_number_id: z.string() }).optional(),
  statuses: z.array(z.unknown()).optional(),
  messages: z.array(z.unknown()).optional(),
  contacts: z.array(z.unknown()).optional().catch(undefined),
  errors: z.array(z.unknown()).optional(),
});

const Envelope = z.looseObject({ entry: z.array(z.unknown()) });
const Entry = z.looseObject({
  id: z.string().max(64).optional().catch(undefined),
  time: Timestamp.optional().catch(undefined),
  changes: z.array(z.unknown()),
});
const Change = z.looseObject({ field: z.string(), value: z.unknown() });

/** Far above Meta's batches; a larger body is a mistake. */
const maxItems = 10_000;

/**
 * Parses a webhook body: Meta's `entry[].changes[].value`, `{statuses|messages}` at the top, or a bare array of
 * statuses. Never throws; an unreadable part becomes an `invalid` item that names its place.
 */
export function parseWebhookBody(body: string): readonly WebhookItem[] {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return [{ kind: 'invalid', reason: 'the body is not JSON' }];
  }
  const items = readShapes(json);
  return items.length > maxItems
    ? [{ kind: 'invalid', reason: `more than ${maxItems} items in one body` }]
    : items;
}

function readShapes(json: unknown): readonly WebhookItem[] {
  if (Array.isArray(json))
    return json.map((status, index) =>
      readStatus(status, {
        phoneNumberId: null,
        contacts: [],
        isAlone: json.length === 1,
        path: `[${index}]`,
      }),
    );
  const envelope = Envelope.safeParse(json);
  if (envelope.success) {
    return envelope.data.entry.flatMap((entry, index) => readEntry(entry, `entry[${index}]`));
  }
  const items = readValue(json, 'body');
  return items.length > 0 ? items : [{ kind: 'invalid', reason: 'none of the known shapes' }];
}

function readEntry(given: unknown, path: string): WebhookItem[] {
  const entry = Entry.safeParse(given);
  if (!entry.success) return [{ kind: 'invalid', reason: `${path} is not readable` }];
  const { id: wabaId = null, time, changes } = entry.data;
  return changes.flatMap((part, index): WebhookItem[] => {
    const place = `${path}.changes[${index}]`;
    const change = Change.safeParse(part);
    if (!change.success) return [{ kind: 'invalid', reason: `${place} is not readable` }];
    const { field, value } = change.data;
    if (field === 'messages') return readValue(value, `${place}.value`);
    const context = { wabaId, atMs: time === undefined ? null : toEpochMs(time), path: `${place}.value` };
    return readAccountChange(field, value, context);
  });
}

function readValue(given: unknown, path: string): WebhookItem[] {
  const value = Value.safeParse(given);
  if (!value.success) return [{ kind: 'invalid', reason: `${path} is not readable` }];
  const { metadata, statuses = [], messages = [], contacts = [], errors = [] } = value.data;
  const phoneNumberId = metadata?.phone_number_id ?? null;
  const body = { phoneNumberId, contacts, isAlone: statuses.length + messages.length === 1 };
  return [
    ...statuses.map((status, index) => readStatus(status, { ...body, path: `${path}.statuses[${index}]` })),
    ...messages.map((message, index) =>
      readInbound(message, { ...body, errors, path: `${path}.messages[${index}]` }),
    ),
    ...errors.map((error) => readErrorReport(error, phoneNumberId)),
  ];
}

interface StatusContext extends BodyContacts {
  readonly phoneNumberId: string | null;
  readonly path: string;
}

function readStatus(given: unknown, { phoneNumberId, path, ...body }: StatusContext): WebhookItem {
  const recipient = readRecipient(given, body);
  const parsed = Status.safeParse(given);
  if (!parsed.success) return invalidItem(path, parsed.error);
  const { id, status, timestamp, biz_opaque_callback_data: opaque, errors, pricing } = parsed.data;
  const freeEntryUntil = parsed.data.conversation?.expiration_timestamp;
  const error = errors?.[0];
  return {
    kind: 'status',
    phoneNumberId,
    providerMessageId: id,
    word: status,
    timestampMs: toEpochMs(timestamp),
    ...(recipient === null ? {} : { recipient }),
    ...(opaque === undefined ? {} : { opaque }),
    ...(error === undefined
      ? {}
      : {
          error: {
            code: error.code,
            title: maskDigits(error.title ?? error.message ?? ''),
            detail: maskDigits(error.error_data?.details ?? ''),
          },
        }),
    ...(pricing === undefined ? {} : { pricing: toPricing(pricing) }),
    ...(freeEntryUntil === undefined ? {} : { freeEntryUntilMs: toEpochMs(freeEntryUntil) }),
  };
}

function toPricing(pricing: {
  category?: string | undefined;
  type?: string | undefined;
  pricing_model?: string | undefined;
}) {
  const { category, type, pricing_model: model } = pricing;
  return {
    ...(category === undefined ? {} : { category }),
    ...(type === undefined ? {} : { type }),
    ...(model === undefined ? {} : { model }),
  };
}
