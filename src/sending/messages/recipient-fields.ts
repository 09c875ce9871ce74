import { z } from 'zod';
import { objectIdText } from '../../platform/fields.ts';
import { normalisePhone } from '../../platform/phone.ts';

/** The recipient, and the channel to send by. */
export const recipientFields = {
  to: z
    .string()
    .min(1)
    .max(32)
    .optional()
    .meta({ description: 'The phone number of the recipient as E.164 with `+`' }),
  contactId: objectIdText.optional(),
  leadId: objectIdText.optional(),
  conversationId: objectIdText.optional().meta({
    description:
      'The contact of this conversation. If it is closed, the message begins a new one, which the answer names',
  }),
  channelId: objectIdText
    .optional()
    .meta({ description: 'Required if the business has several channels and no conversation is given' }),
};

type RecipientFields = {
  readonly [Field in 'to' | 'contactId' | 'leadId' | 'conversationId']?: unknown;
};

/** Arguments of `refine` for schemas with `recipientFields`. */
export const oneRecipient = [
  (body: RecipientFields): boolean =>
    [body.to, body.contactId, body.leadId, body.conversationId].filter((named) => named !== undefined)
      .length === 1,
  {
    error: 'Name the recipient by exactly one of to, contactId, leadId and conversationId.',
    path: ['to'] as PropertyKey[],
  },
] as const;

export const notANumber = 'This must be a phone number as E.164, with + and country code.';

/**
 * Arguments of `refine`: names a wrong number beside other issues of the body. If it is the only one, acceptance finds it
 * together with the issues that only the database shows.
 */
export const numberBesideOthers = [
  // The body need not have the form of the schema, when it has other issues.
  (body: Partial<RecipientFields> | null | undefined): boolean =>
    typeof body?.to !== 'string' || normalisePhone(body.to) !== null,
  {
    error: notANumber,
    path: ['to'] as PropertyKey[],
    when: ({ issues }: { readonly issues: readonly unknown[] }): boolean => issues.length > 0,
  },
] as const;
