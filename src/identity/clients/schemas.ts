import { z } from 'zod';
import { normalisePhone } from '../../platform/phone.ts';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { EmailText, LineText, notEmpty, TimeZoneText } from '../../platform/text-fields.ts';
import { userExample, UserView } from '../users/schemas.ts';

export const clientExample = {
  id: '665f1c2ab7e4d3a9c8b01200',
  companyName: 'Doe & Sons',
  whatsappNumber: '+15550001000',
  businessCategory: 'Bakery',
  timezone: 'Europe/Berlin',
  isActive: true,
  createdAt: '2026-11-23T08:00:00.000Z',
} as const;

export const ClientView = z
  .object({
    id: z.string(),
    companyName: z.string(),
    whatsappNumber: z.string().nullable(),
    businessCategory: z.string().nullable(),
    timezone: z.string().meta({ description: 'IANA time zone' }),
    isActive: z.boolean(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Client', examples: [clientExample] });
export type ClientView = z.input<typeof ClientView>;

const WhatsappNumber = z
  .string()
  .min(1)
  .max(32)
  .transform((text, context) => {
    const phone = normalisePhone(text);
    if (phone !== null) return phone;
    context.addIssue('Must be an E.164 phone number with + and country code.');
    return z.NEVER;
  })
  .meta({ description: 'E.164. Shown only; messages are sent by channels' });

export const ListClientsQuery = z.strictObject(pageQuery);

export const ClientPage = pageOf(ClientView, 'ClientPage');

export const CreateClientBody = z
  .strictObject({
    companyName: LineText,
    timezone: TimeZoneText.default('UTC'),
    whatsappNumber: WhatsappNumber.optional(),
    businessCategory: LineText.optional(),
    admin: z
      .strictObject({ name: LineText, email: EmailText })
      .meta({ description: 'The first admin, who gets an invitation by mail' }),
  })
  .meta({
    id: 'CreateClientBody',
    examples: [
      {
        companyName: 'Doe & Sons',
        timezone: 'Europe/Berlin',
        businessCategory: 'Bakery',
        admin: { name: 'Jane Doe', email: 'jane@example.com' },
      },
    ],
  });
export type CreateClientBody = z.output<typeof CreateClientBody>;

export const CreatedClientView = ClientView.extend({ admin: UserView }).meta({
  id: 'CreatedClient',
  examples: [
    {
      ...clientExample,
      admin: {
        ...userExample,
        hasPassword: false,
        invitedAt: userExample.createdAt,
        emailConfirmedAt: null,
      },
    },
  ],
});

export const PatchClientBody = z
  .strictObject({
    companyName: LineText.exactOptional(),
    timezone: TimeZoneText.exactOptional(),
    whatsappNumber: WhatsappNumber.nullable().exactOptional(),
    businessCategory: LineText.nullable().exactOptional(),
    isActive: z.boolean().exactOptional().meta({ description: 'Operators only; false ends all sessions' }),
  })
  .refine(...notEmpty)
  .meta({ id: 'UpdateClientBody', examples: [{ companyName: 'Doe & Daughters', whatsappNumber: null }] });
export type PatchClientBody = z.output<typeof PatchClientBody>;
