import { z } from 'zod';

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
