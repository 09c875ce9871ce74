import { z } from 'zod';
import { normalisePhone } from '../../platform/phone.ts';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { EmailText, LineText, notEmpty, TimeZoneText } from '../../platform/text-fields.ts';
import { UserView } from '../users/schemas.ts';

export const ClientView = z
  .object({
    id: z.string(),
    companyName: z.string(),
    whatsappNumber: z.string().nullable(),
    businessCategory: z.string().nullable(),
    timezone: z.string().meta({ examples: ['Europe/Berlin'] }),
    isActive: z.boolean(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Client' });
export type ClientView = z.input<typeof ClientView>;

const CompanyName = LineText.meta({ examples: ['Doe & Sons'] });

const WhatsappNumber = z
  .string()
  .min(1)
  .max(32)
  .transform((text, context) => {
    const phone = normalisePhone(text);
    if (phone !== null) return phone;
    context.addIssue('This must be a phone number as E.164, with + and country code.');
    return z.NEVER;
  })
  .meta({ description: 'E.164; for people, sends go through channels', examples: ['+15550001001'] });

const BusinessCategory = LineText.meta({ examples: ['Bakery'] });

export const ListClientsQuery = z.strictObject(pageQuery);

export const ClientPage = pageOf(ClientView);

export const CreateClientBody = z.strictObject({
  companyName: CompanyName,
  timezone: TimeZoneText.default('UTC'),
  whatsappNumber: WhatsappNumber.optional(),
  businessCategory: BusinessCategory.optional(),
  admin: z
    .strictObject({ name: LineText.meta({ examples: ['Jane Doe'] }), email: EmailText })
    .meta({ description: 'The first admin, who gets an invitation by mail' }),
});
export type CreateClientBody = z.output<typeof CreateClientBody>;

export const CreatedClientView = ClientView.extend({ admin: UserView }).meta({ id: 'CreatedClient' });

export const PatchClientBody = z
  .strictObject({
    companyName: CompanyName.exactOptional(),
    timezone: TimeZoneText.exactOptional(),
    whatsappNumber: WhatsappNumber.nullable().exactOptional(),
    businessCategory: BusinessCategory.nullable().exactOptional(),
    isActive: z.boolean().exactOptional().meta({ description: 'By operators only; false ends all sessions' }),
  })
  .refine(...notEmpty);
export type PatchClientBody = z.output<typeof PatchClientBody>;
