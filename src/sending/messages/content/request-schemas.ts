import { z } from 'zod';
import { normalisePhone } from '../../../platform/phone.ts';
import { addressCountries, addressFields, isFieldOf } from './address.ts';
import { footer, line, shortBody } from './fields.ts';
import { repeated } from './rules.ts';

/** Messages with a button by which the contact sends a place, a card or an address. Source: Meta's guides. */

export const LocationRequestContent = z
  .strictObject({ type: z.literal('locationRequest'), body: shortBody })
  .meta({ id: 'LocationRequestContentInput', description: 'The answer is a message with a location' });

export const ContactInfoRequestContent = z
  .strictObject({ type: z.literal('contactInfoRequest'), body: shortBody })
  .meta({
    id: 'ContactInfoRequestContentInput',
    description: 'Asks for the phone number; the answer is a message with a contact card',
  });

const text = line(256).optional();
const code = z
  .string()
  .regex(/^\d{6}$/, { error: 'Must be 6 digits.' })
  .optional();

const AddressValues = z
  .strictObject({
    name: text,
    phoneNumber: line(32)
      .refine((number) => normalisePhone(number) !== null, {
        error: 'Must be an E.164 phone number with + and country code.',
      })
      .optional(),
    pinCode: code.meta({ description: 'India only' }),
    postCode: code.meta({ description: 'Singapore only' }),
    houseNumber: text,
    floorNumber: text,
    towerNumber: text,
    buildingName: text,
    unitNumber: text.meta({ description: 'Singapore only' }),
    address: text,
    landmarkArea: text,
    city: text,
    state: text,
  })
  .refine((values) => Object.keys(values).length > 0, { error: 'Give at least one field, or omit it.' })
  .meta({ id: 'AddressValuesInput', description: 'Fields of the form of the country' });

const FieldErrors = z
  .strictObject(
    Object.fromEntries(Object.keys(addressFields).map((field) => [field, text])) as {
      [Field in keyof typeof addressFields]: typeof text;
    },
  )
  .refine((errors) => Object.keys(errors).length > 0, { error: 'Give at least one field, or omit it.' })
  .meta({ id: 'AddressErrorsInput', description: 'What is wrong with the values, by field' });

const SavedAddress = z
  .strictObject({
    id: line(256).meta({ description: 'Comes back when the address is chosen' }),
    values: AddressValues,
  })
  .meta({ id: 'SavedAddressInput' });

export const AddressRequestContent = z
  .strictObject({
    type: z.literal('addressRequest'),
    body: shortBody,
    footer,
    country: z.enum(addressCountries),
    values: AddressValues.optional().meta({ description: 'Fills the form' }),
    savedAddresses: z
      .array(SavedAddress)
      .min(1)
      .max(20)
      .optional()
      .meta({ description: 'Offered before the form' }),
    fieldErrors: FieldErrors.optional().meta({ description: 'Shown beside `values` that were wrong' }),
  })
  .superRefine(({ country, values, savedAddresses = [], fieldErrors }, context) => {
    const refuse = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    const refuseForeign = (fields: object | undefined, path: (string | number)[]) => {
      for (const field of Object.keys(fields ?? {}))
        if (!isFieldOf(country, field)) refuse([...path, field], `The form of ${country} has no such field.`);
    };
    refuseForeign(values, ['values']);
    refuseForeign(fieldErrors, ['fieldErrors']);
    const saved = savedAddresses.map((address, place) => ({ ...address, place }));
    for (const { values: kept, place } of saved) refuseForeign(kept, ['savedAddresses', place, 'values']);
    for (const { place } of repeated(saved, ({ id }) => id))
      refuse(['savedAddresses', place, 'id'], 'Another address has this id.');
  })
  .meta({
    id: 'AddressRequestContentInput',
    description: 'Only for businesses of India and Singapore and their contacts there',
  });
