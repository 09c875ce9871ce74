import { z } from 'zod';
import { readAccountChange, type AccountChange } from './account-changes.ts';
import { readErrorReport } from './account-reports.ts';
import type { PersonIdentity } from './identity.ts';
import { readRecipient, type BodyContacts } from './shown-person.ts';
import { readInbound, type InboundItem } from './inbound.ts';
import { errorText } from './payload.ts';
import { readEchoesBeside } from './phone-messages.ts';
import { readStatusDetails, type ReadDetails } from './status-details.ts';
import { readUnknownKeys } from './unknown-keys.ts';
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

export interface StatusItem extends ReadDetails {
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
      category: z.string().max(64).optional(),
      type: z.string().max(64).optional(),
      pricing_model: z.string().max(64).optional(),
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

/** Reads the items of one part of a body, often a single one. A part that is not read costs almost nothing. */
export type ReadPart = () => Iterable<WebhookItem>;

/**
 * Parses a webhook body: Meta's `entry[].changes[].value`, `{statuses|messages}` at the top, or a bare array of
 * statuses. Never throws; an unreadable part becomes an `invalid` item that names its place. Reads all items at once:
 * whoever shares an event loop takes the parts of `openWebhookBody` instead.
 */
export function parseWebhookBody(body: string): readonly WebhookItem[] {
  const items = openWebhookBody(body).flatMap((read) => [...read()]);
  return items.length > maxItems ? [tooMany] : items;
}

/**
 * The parts of a webhook body in their order, none of them read yet. The same body has the same parts every time. The
 * caller bounds the body, because `JSON.parse` reads it in one go.
 */
export function openWebhookBody(body: string): readonly ReadPart[] {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return [() => [{ kind: 'invalid', reason: 'the body is not JSON' }]];
  }
  const parts: ReadPart[] = [];
  for (const part of partsOf(json)) {
    parts.push(part);
    if (parts.length > maxItems) return [() => [tooMany]];
  }
  const unknownKeys = () => readUnknownKeys(json);
  // A body without anything else may still hold a list of a new kind.
  return parts.length > 0 || [...unknownKeys()].length > 0 ? [...parts, unknownKeys] : [];
}

const tooMany: WebhookItem = { kind: 'invalid', reason: `more than ${maxItems} items in one body` };

const invalid = (reason: string): ReadPart => {
  return () => [{ kind: 'invalid', reason }];
};

function* partsOf(json: unknown): Generator<ReadPart> {
  if (Array.isArray(json)) {
    const body = { phoneNumberId: null, contacts: [], isAlone: json.length === 1 };
    for (const [index, status] of json.entries()) {
      yield () => [readStatus(status, { ...body, path: `[${index}]` })];
    }
    return;
  }
  const envelope = Envelope.safeParse(json);
  if (envelope.success) {
    for (const [index, entry] of envelope.data.entry.entries()) yield* partsOfEntry(entry, `entry[${index}]`);
    return;
  }
  let isEmpty = true;
  for (const part of partsOfValue(json, 'body')) {
    isEmpty = false;
    yield part;
  }
  if (isEmpty) yield invalid('none of the known shapes');
}

function* partsOfEntry(given: unknown, path: string): Generator<ReadPart> {
  const entry = Entry.safeParse(given);
  if (!entry.success) return yield invalid(`${path} is not readable`);
  const { id: wabaId = null, time, changes } = entry.data;
  for (const [index, part] of changes.entries()) {
    const place = `${path}.changes[${index}]`;
    const change = Change.safeParse(part);
    if (!change.success) {
      yield invalid(`${place} is not readable`);
      continue;
    }
    const { field, value } = change.data;
    if (field === 'messages') {
      yield* partsOfValue(value, `${place}.value`);
      continue;
    }
    const context = { wabaId, atMs: time === undefined ? null : toEpochMs(time), path: `${place}.value` };
    yield () => readAccountChange(field, value, context);
  }
}

function* partsOfValue(given: unknown, path: string): Generator<ReadPart> {
  const value = Value.safeParse(given);
  if (!value.success) return yield invalid(`${path} is not readable`);
  const { metadata, statuses = [], messages = [], contacts = [], errors = [] } = value.data;
  const phoneNumberId = metadata?.phone_number_id ?? null;
  const body = { phoneNumberId, contacts, isAlone: statuses.length + messages.length === 1 };
  for (const [index, status] of statuses.entries()) {
    yield () => [readStatus(status, { ...body, path: `${path}.statuses[${index}]` })];
  }
  for (const [index, message] of messages.entries()) {
    yield () => [readInbound(message, { ...body, errors, path: `${path}.messages[${index}]` })];
  }
  const echoes = readEchoesBeside(given, path);
  if (echoes !== null) yield () => echoes;
  for (const error of errors) yield () => [readErrorReport(error, phoneNumberId)];
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
            title: errorText(error.title ?? error.message ?? ''),
            detail: errorText(error.error_data?.details ?? ''),
          },
        }),
    ...(pricing === undefined ? {} : { pricing: toPricing(pricing) }),
    ...(freeEntryUntil === undefined ? {} : { freeEntryUntilMs: toEpochMs(freeEntryUntil) }),
    ...readStatusDetails(given),
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
