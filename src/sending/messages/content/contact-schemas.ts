import { z } from 'zod';
import { line, webUrl } from './fields.ts';

/** Contact cards. */

const kind = line(32).optional().meta({ description: 'For example WORK or HOME' });
const part = line(200).optional();
const maxEntries = 20;

const notEmpty = [
  (fields: object): boolean => Object.keys(fields).length > 0,
  { error: 'Give at least one field.' },
] as const;

const Name = z
  .strictObject({
    formattedName: line(200).meta({ description: 'The name as shown' }),
    firstName: part,
    middleName: part,
    lastName: part,
    prefix: part,
    suffix: part,
  })
  .refine(
    ({ formattedName: _shown, ...parts }) => Object.values(parts).some((value) => value !== undefined),
    {
      error: 'Give at least one part of the name in addition to formattedName.',
      path: ['firstName'],
    },
  )
  .meta({ id: 'ContactCardNameInput' });

const Phone = z
  .strictObject({
    phone: line(40),
    type: kind,
    waId: z
      .string()
      .regex(/^\d{5,20}$/, { error: 'Must be 5 to 20 digits.' })
      .optional()
      .meta({ description: 'The WhatsApp id; adds a button to message the person' }),
  })
  .meta({ id: 'ContactCardPhoneInput' });

const Address = z
  .strictObject({
    street: part,
    city: part,
    state: part,
    zip: line(32).optional(),
    country: part,
    countryCode: z
      .string()
      .regex(/^[A-Za-z]{2}$/, { error: 'Must be a two-letter country code.' })
      .optional(),
    type: kind,
  })
  .refine(...notEmpty)
  .meta({ id: 'ContactCardAddressInput' });

/** Meta's limit for one message. */
const maxContacts = 257;

const ContactCard = z
  .strictObject({
    name: Name,
    phones: z.array(Phone).min(1).max(maxEntries).optional(),
    emails: z
      .array(z.strictObject({ email: z.email().max(254), type: kind }).meta({ id: 'ContactCardEmailInput' }))
      .min(1)
      .max(maxEntries)
      .optional(),
    urls: z
      .array(z.strictObject({ url: webUrl, type: kind }).meta({ id: 'ContactCardUrlInput' }))
      .min(1)
      .max(maxEntries)
      .optional(),
    org: z
      .strictObject({ company: part, department: part, title: part })
      .refine(...notEmpty)
      .meta({ id: 'ContactCardOrganisationInput' })
      .optional(),
    addresses: z.array(Address).min(1).max(maxEntries).optional(),
    birthday: z.iso.date({ error: 'Must be a date such as 1990-12-31.' }).optional(),
  })
  .meta({ id: 'ContactCardInput' });
export type ContactCard = z.output<typeof ContactCard>;

export const ContactsContent = z
  .strictObject({
    type: z.literal('contacts'),
    contacts: z.array(ContactCard).min(1).max(maxContacts),
  })
  .meta({ id: 'ContactsContentInput' });
