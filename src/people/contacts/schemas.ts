import { z } from 'zod';
import { objectIdText } from '../../platform/fields.ts';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { searchText } from '../../platform/search/schemas.ts';
import { consentStatuses, maxNameLength, optInStatuses, phoneOfWhatsappId } from './rules.ts';
import {
  FieldChangesInput,
  FieldFiltersQuery,
  FieldValuesInput,
  FieldValuesView,
} from '../custom-fields/schemas.ts';
import { identityExample, identityViewFields } from './persons/schemas.ts';
import { PlaceZoneText, RecipientZoneView } from '../zones/schemas.ts';
import { normalisePhone } from '../../platform/phone.ts';
import { ContactTags, lineOf, TagNameList, TagText, tagsToAdd } from './tag-schemas.ts';

export const PhoneText = z
  .string()
  .min(1)
  .max(32)
  .meta({ description: 'E.164 with `+`; other spellings of the same number are recognised' })
  .transform((text, context) => {
    const phone = normalisePhone(text);
    if (phone !== null) return phone;
    context.addIssue({
      code: 'custom',
      message: 'Must be an E.164 phone number with + and country code.',
    });
    return z.NEVER;
  });

export const NameText = lineOf(maxNameLength);

export const OptInStatus = z.enum(optInStatuses).meta({
  id: 'OptInStatus',
  description:
    'Whether the contact agreed to messages from this business. `opted-out` stops every message but the free-form ' +
    'answers of agents',
});

export const ConsentBody = z
  .strictObject({
    source: lineOf(100).meta({ description: 'Where the consent was given or withdrawn' }),
    wording: z
      .string()
      .trim()
      .min(1)
      .max(1_000)
      .optional()
      .meta({ description: 'What the contact agreed to or said' }),
  })
  .meta({
    id: 'ConsentInput',
    description: 'Stored in the consent log with `optInStatus`, the time and the user who recorded it',
  });

const WhatsappIdText = z
  .string()
  .regex(/^[1-9]\d{6,14}$/, { error: 'Must be 7 to 15 digits without +.', abort: true })
  .refine((digits) => phoneOfWhatsappId(digits) !== null, { error: 'Must be the digits of a phone number.' })
  .meta({ description: 'The `wa_id` of the provider: digits without `+`' });

const BusinessScopedUserIdText = z
  .string()
  .regex(/^[A-Z]{2}\.[A-Za-z0-9.]{1,160}$/, {
    error: 'Must be a business-scoped user id such as US.13491208655302741918.',
  })
  .meta({ description: 'The id of the person at the provider, for this business' });

const UsernameText = lineOf(64).meta({ description: 'Shown only; it does not identify the contact' });

const fieldExample = { city: 'Berlin', orders: 3, newsletter: true };
const consentExample = { source: 'web form', wording: 'Yes, send me offers.' };

/** Rejects a consent without a status and, if consent is required, a status without a consent. */
export function checkConsentPair(
  { optInStatus, consent }: { optInStatus?: unknown; consent?: unknown },
  context: z.RefinementCtx,
  isConsentRequired: boolean,
): void {
  if (consent !== undefined && optInStatus === undefined)
    context.addIssue({ code: 'custom', path: ['optInStatus'], message: 'Required together with consent.' });
  if (isConsentRequired && optInStatus !== undefined && consent === undefined)
    context.addIssue({ code: 'custom', path: ['consent'], message: 'Required together with optInStatus.' });
}

export function checkNotEmpty(body: object, context: z.RefinementCtx): void {
  // A body with only unknown fields already has its own issue.
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
    timezone: PlaceZoneText.optional(),
    tags: ContactTags.optional(),
    optInStatus: OptInStatus.optional(),
    consent: ConsentBody.optional(),
    customFields: FieldValuesInput.optional(),
  })
  .superRefine((body, context) => {
    checkConsentPair(body, context, false);
    const { phoneNumber, whatsappId, businessScopedUserId } = body;
    if ((phoneNumber ?? whatsappId ?? businessScopedUserId) !== undefined) return;
    const message = 'Give at least one of phoneNumber, whatsappId and businessScopedUserId.';
    context.addIssue({ code: 'custom', path: ['phoneNumber'], message });
  })
  .meta({
    id: 'CreateContactBody',
    examples: [
      { phoneNumber: '+15550001001', name: 'Ana Souza', optInStatus: 'opted-in', consent: consentExample },
    ],
  });

export const PatchContactBody = z
  .strictObject({
    phoneNumber: PhoneText.nullable().optional(),
    whatsappId: WhatsappIdText.nullable().optional(),
    businessScopedUserId: BusinessScopedUserIdText.nullable().optional(),
    username: UsernameText.nullable().optional(),
    name: NameText.nullable().optional(),
    timezone: PlaceZoneText.nullable().optional(),
    tags: ContactTags.optional(),
    addTags: tagsToAdd.optional(),
    removeTags: TagNameList.optional().meta({
      description:
        'Names of tags; those that the contact does not have change nothing. Not together with `tags`',
    }),
    optInStatus: OptInStatus.optional(),
    consent: ConsentBody.optional(),
    isBlocked: z
      .boolean()
      .optional()
      .meta({ description: 'Adds the contact to the block list of the business, or removes it' }),
    customFields: FieldChangesInput.optional(),
  })
  .superRefine((body, context) => {
    checkNotEmpty(body, context);
    checkConsentPair(body, context, true);
    if (body.tags !== undefined && (body.addTags ?? body.removeTags) !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['tags'],
        message: 'Not together with addTags or removeTags.',
      });
  })
  .meta({
    id: 'UpdateContactBody',
    examples: [{ name: 'Ana Maria Souza', customFields: { city: 'Hamburg', newsletter: null } }],
  });

/** Query parameters shared by the lists of contacts and leads. */
export const personQuery = {
  tag: TagText.optional().meta({ description: 'Only contacts with this tag' }),
  optInStatus: OptInStatus.optional().meta({
    description:
      'Only contacts with this opt-in status. `opted-out` does not list contacts who stopped marketing only ' +
      '(`marketingStopped`), nor those whose address opted out under another contact',
  }),
  q: searchText(
    'Words of the name, the name in the phone book or the username; digits of the phone number, also from its middle; ' +
      'the beginning of a username after `@`. First come those whose name, number or username begins with it, in that ' +
      'order, then the others, newest first.',
  ),
};

export const ListContactsQuery = z.strictObject({
  ...pageQuery,
  ...personQuery,
  tag: TagText.optional().meta({
    description: 'Only contacts with the tag of this name, whatever its case and accents',
  }),
  groupId: objectIdText.optional().meta({ description: 'Only the members of this contact group' }),
  customField: FieldFiltersQuery.optional(),
  isBlocked: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: 'Only contacts on the block list of the business, or only the others' }),
  numberSuspect: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: 'Only contacts whose number WhatsApp could not deliver to, or only the others' }),
});

const contactFields = {
  id: z.string(),
  ...identityViewFields,
  phoneBookName: z.string().nullable().meta({
    description: 'The name in the address book of the WhatsApp Business app on the phone of the business',
  }),
  name: z.string().nullable(),
  timezone: z.string().nullable().meta({ description: 'The time zone that was given for the contact' }),
  recipientZone: RecipientZoneView,
  tags: z.array(z.string()).meta({ description: 'The names of its tags' }),
  groupIds: z.array(z.string()).meta({
    description:
      'The ids of the groups that it is a member of. One that was deleted may be here for some seconds',
  }),
  optInStatus: OptInStatus,
  marketingStopped: z.boolean().meta({
    description: 'Whether the contact turned off marketing messages from this business in WhatsApp',
  }),
  marketingStoppedAt: z.iso.datetime().nullable(),
  isBlocked: z.boolean().meta({ description: 'Whether the contact is on the block list of the business' }),
  blockedAt: z.iso.datetime().nullable(),
  numberSuspect: z
    .object({
      code: z.string().meta({ description: 'The error code of the provider' }),
      at: z.iso.datetime(),
    })
    .meta({ id: 'SuspectNumber' })
    .nullable()
    .meta({
      description:
        'WhatsApp could not deliver to the number. A warning only: no message is held. Cleared when a message is ' +
        'delivered, the contact writes, or the number changes',
    }),
  customFields: FieldValuesView,
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
};

const listItemExample = {
  id: '665f1c2ab7e4d3a9c8b01220',
  ...identityExample,
  phoneBookName: null,
  name: 'Ana Souza',
  timezone: null,
  recipientZone: { zone: 'America/New_York', source: 'number' },
  tags: ['vip', 'berlin'],
  groupIds: ['665f1f77bcf86cd7994390c1'],
  optInStatus: 'opted-in',
  marketingStopped: false,
  marketingStoppedAt: null,
  isBlocked: false,
  blockedAt: null,
  numberSuspect: null,
  customFields: fieldExample,
  createdAt: '2026-11-23T08:15:00.000Z',
  updatedAt: '2026-11-23T08:15:00.000Z',
};

export const ContactListItemView = z
  .object(contactFields)
  .meta({ id: 'ContactListItem', examples: [listItemExample] });
export type ContactListItemView = z.input<typeof ContactListItemView>;

export const ConsentLogStatus = z.enum(consentStatuses).meta({
  id: 'ConsentLogStatus',
  description: 'An opt-in status, or the switch for marketing messages that the contact has in WhatsApp',
});

const ConsentLogEntry = z
  .object({
    status: ConsentLogStatus,
    source: z.string(),
    wording: z.string().nullable(),
    at: z.iso.datetime(),
    by: z.string().nullable().meta({ description: 'The user who recorded it; null if the product did' }),
  })
  .meta({ id: 'ConsentLogEntry' });

export const ContactView = z
  .object({
    ...contactFields,
    consentLog: z.array(ConsentLogEntry).meta({
      description:
        'Every change of consent, newest last; entries never change. Of more than 200, the first 20 and the latest.',
    }),
  })
  .meta({
    id: 'Contact',
    examples: [
      {
        ...listItemExample,
        consentLog: [{ ...consentExample, status: 'opted-in', at: listItemExample.createdAt, by: null }],
      },
    ],
  });
export type ContactView = z.input<typeof ContactView>;

export const ContactPage = pageOf(ContactListItemView, 'ContactPage');
