import { z } from 'zod';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { noControls } from '../../platform/text-fields.ts';
import {
  consentWords,
  maximumCustomFields,
  maximumNameLength,
  optInStatuses,
  phoneOfWhatsappId,
} from './rules.ts';
import { normalisePhone } from '../../platform/phone.ts';

/** One line of text without characters that cannot be seen. */
const lineOf = (maximum: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(maximum)
    .regex(noControls, { error: 'Must be one line without control characters.' });

export const PhoneText = z
  .string()
  .min(1)
  .max(32)
  .meta({
    description: 'E.164 with `+`; other spellings of the same number are recognised',
    examples: ['+15550001001'],
  })
  .transform((text, context) => {
    const phone = normalisePhone(text);
    if (phone !== null) return phone;
    context.addIssue({
      code: 'custom',
      message: 'Must be a phone number as E.164, with + and country code.',
    });
    return z.NEVER;
  });

export const NameText = lineOf(maximumNameLength).meta({ examples: ['Ana Souza'] });

const TagText = lineOf(50).meta({ examples: ['vip'] });

export const TagList = z
  .array(TagText)
  .max(50)
  .meta({ description: 'Each once; upper and lower case are different tags', examples: [['vip', 'berlin']] })
  .transform((tags) => [...new Set(tags)]);

export const OptInStatusText = z.enum(optInStatuses).meta({
  description: 'Whether the person agreed to messages from this business; `opted-out` stops every send',
});

export const ConsentBody = z
  .strictObject({
    source: lineOf(100).meta({ description: 'Where the word was given', examples: ['web form'] }),
    wording: z
      .string()
      .trim()
      .min(1)
      .max(1_000)
      .optional()
      .meta({ description: 'What the person agreed to or said', examples: ['Yes, send me offers.'] }),
  })
  .meta({
    description: 'Goes with `optInStatus` into the log of consent, with the time and who wrote it down',
  });

const WhatsappIdText = z
  .string()
  .regex(/^[1-9]\d{6,14}$/, { error: 'Must be 7 to 15 digits without +.', abort: true })
  .refine((digits) => phoneOfWhatsappId(digits) !== null, { error: 'Must be the digits of a phone number.' })
  .meta({ description: 'The `wa_id` of the provider: digits without `+`', examples: ['15550001001'] });

const BusinessScopedUserIdText = z
  .string()
  .regex(/^[A-Z]{2}\.[A-Za-z0-9.]{1,160}$/, {
    error: 'Must be a business-scoped user id as US.13491208655302741918.',
  })
  .meta({
    description: 'The provider’s id of the person for this business',
    examples: ['US.13491208655302741918'],
  });

const UsernameText = lineOf(64).meta({
  description: 'Shown only; it is no identity',
  examples: ['ana.souza'],
});

const fieldKey = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, {
  error: 'Must begin with a letter and hold only letters, digits, _ and -, at most 64.',
});
const fieldValue = z.union([z.string().max(500), z.number(), z.boolean()], {
  error: 'Must be a text of at most 500 characters, a number or a boolean.',
});
const fieldExample = { city: 'Berlin', orders: 3, newsletter: true };
const atMostFields = [
  (fields: object) => Object.keys(fields).length <= maximumCustomFields,
  { error: `At most ${maximumCustomFields} fields.` },
] as const;

/** Says that a consent is stated without a status, or a status changed without a statement. */
export function checkConsentPair(
  { optInStatus, consent }: { optInStatus?: unknown; consent?: unknown },
  context: z.RefinementCtx,
  isConsentNeeded: boolean,
): void {
  if (consent !== undefined && optInStatus === undefined)
    context.addIssue({ code: 'custom', path: ['optInStatus'], message: 'Say what the consent is.' });
  if (isConsentNeeded && optInStatus !== undefined && consent === undefined)
    context.addIssue({ code: 'custom', path: ['consent'], message: 'Say where the consent comes from.' });
}

export function checkNotEmpty(body: object, context: z.RefinementCtx): void {
  // A body of unknown fields only is wrong for what it has, not for what it lacks.
  if (Object.keys(body).length === 0 && context.issues.length === 0)
    context.addIssue({ code: 'custom', path: [], message: 'Give at least one field to change.' });
}

export const CreateContactBody = z
  .strictObject({
    phoneNumber: PhoneText.optional(),
    whatsappId: WhatsappIdText.optional(),
    businessScopedUserId: BusinessScopedUserIdText.optional(),
    username: UsernameText.optional(),
    name: NameText.optional(),
    tags: TagList.optional(),
    optInStatus: OptInStatusText.optional(),
    consent: ConsentBody.optional(),
    customFields: z
      .record(fieldKey, fieldValue)
      .refine(...atMostFields)
      .optional()
      .meta({ examples: [fieldExample] }),
  })
  .superRefine((body, context) => {
    checkConsentPair(body, context, false);
    const { phoneNumber, whatsappId, businessScopedUserId } = body;
    if ((phoneNumber ?? whatsappId ?? businessScopedUserId) !== undefined) return;
    const message = 'Give at least one of phoneNumber, whatsappId and businessScopedUserId.';
    context.addIssue({ code: 'custom', path: ['phoneNumber'], message });
  });

export const PatchContactBody = z
  .strictObject({
    phoneNumber: PhoneText.nullable().optional(),
    whatsappId: WhatsappIdText.nullable().optional(),
    businessScopedUserId: BusinessScopedUserIdText.nullable().optional(),
    username: UsernameText.nullable().optional(),
    name: NameText.nullable().optional(),
    tags: TagList.optional(),
    optInStatus: OptInStatusText.optional(),
    consent: ConsentBody.optional(),
    isBlocked: z
      .boolean()
      .optional()
      .meta({ description: 'Puts the person on the block list of the business, or takes them off it' }),
    customFields: z
      .record(fieldKey, fieldValue.nullable())
      .refine(...atMostFields)
      .nullable()
      .optional()
      .meta({
        description: 'Changes the keys given; null removes a key, null for the whole removes all',
        examples: [{ city: 'Hamburg', newsletter: null }],
      }),
  })
  .superRefine((body, context) => {
    checkNotEmpty(body, context);
    checkConsentPair(body, context, true);
  });

/** Query fields of lists of people. */
export const personQuery = {
  tag: TagText.optional(),
  optInStatus: OptInStatusText.optional(),
  q: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .optional()
    .meta({
      description:
        'The beginning of a name, whatever its accents and case, or of a phone number if it is digits with or ' +
        'without `+`. The list is then sorted by what was searched, else the newest come first.',
      examples: ['ana'],
    }),
};

export const ListContactsQuery = z.strictObject({
  ...pageQuery,
  ...personQuery,
  isBlocked: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: 'Only who is on the block list of the business, or only who is not' }),
  numberSuspect: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: 'Only whose number WhatsApp could not deliver to, or only the others' }),
});

const contactFields = {
  id: z.string().meta({ examples: ['665f1c2ab7e4d3a9c8b01234'] }),
  phoneNumber: z
    .string()
    .nullable()
    .meta({ examples: ['+15550001001'] }),
  whatsappId: z.string().nullable(),
  businessScopedUserId: z.string().nullable(),
  username: z.string().nullable(),
  name: z.string().nullable(),
  tags: z.array(z.string()),
  optInStatus: z.enum(optInStatuses),
  marketingStopped: z
    .boolean()
    .meta({ description: 'Whether the person has switched marketing from this business off, at WhatsApp' }),
  marketingStoppedAt: z.iso.datetime().nullable(),
  isBlocked: z.boolean().meta({ description: 'Whether the person is on the block list of the business' }),
  blockedAt: z.iso.datetime().nullable(),
  numberSuspect: z
    .object({
      code: z.string().meta({ description: 'The provider’s', examples: ['131026'] }),
      at: z.iso.datetime(),
    })
    .nullable()
    .meta({
      description:
        'WhatsApp could not deliver to the number. A warning only: it holds no message back, and goes when something ' +
        'reaches the number, the person writes, or the number changes',
    }),
  customFields: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .meta({ examples: [fieldExample] }),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
};

export const ContactListItemView = z.object(contactFields).meta({ id: 'ContactListItem' });
export type ContactListItemView = z.input<typeof ContactListItemView>;

export const ContactView = z
  .object({
    ...contactFields,
    consentLog: z
      .array(
        z.object({
          status: z.enum(consentWords),
          source: z.string(),
          wording: z.string().nullable(),
          at: z.iso.datetime(),
          by: z
            .string()
            .nullable()
            .meta({ description: 'The user who wrote it down; null: the product itself' }),
        }),
      )
      .meta({
        description:
          'Every word on consent, newest last; entries are never changed. Of more than 200 the first 20 and the latest.',
      }),
  })
  .meta({ id: 'Contact' });
export type ContactView = z.input<typeof ContactView>;

export const ContactPage = pageOf(ContactListItemView);
