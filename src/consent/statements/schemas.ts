import { z } from 'zod';
import { consentWords, optInStatuses } from '../../people/contacts/rules.ts';

const MessageIds = z.array(z.string());

const ProofView = z
  .object({
    storedAt: z.iso.datetime().meta({ description: 'From then on nothing more is accepted' }),
    acknowledgedAt: z.iso.datetime().meta({ description: 'From then on nothing leaves' }),
    canceledCount: z.number(),
    canceledMessageIds: MessageIds.meta({ description: 'The first 1000 of them' }),
    mayHaveLeftMessageIds: MessageIds.meta({
      description: 'Were being handed to the provider when the stop came, and have left or may have',
    }),
  })
  .meta({ id: 'StopProof' });

export const ConsentHistoryView = z
  .object({
    contactId: z.string(),
    optInStatus: z.enum(optInStatuses),
    marketingStopped: z.boolean(),
    marketingStoppedAt: z.iso.datetime().nullable(),
    isBlocked: z.boolean(),
    blockedAt: z.iso.datetime().nullable(),
    entries: z
      .array(
        z.object({
          status: z.enum(consentWords),
          source: z.string().meta({ examples: ['keyword'] }),
          wording: z
            .string()
            .nullable()
            .meta({ examples: ['STOP'] }),
          at: z.iso.datetime().meta({ description: 'When it was said' }),
          storedAt: z.iso.datetime(),
          by: z.string().nullable().meta({ description: 'The user who wrote it down; null: the product' }),
          eventId: z
            .string()
            .nullable()
            .meta({ description: 'The provider’s id of what said it, or one of ours' }),
          proof: ProofView.nullable().meta({ description: 'What a stop has done; of the latest 50' }),
        }),
      )
      .meta({
        description:
          'Every word on consent in the order in which it became known; of more than 200 the first 20 and the latest',
      }),
    entriesLeftOut: z
      .int()
      .meta({ description: 'Words after the first 20 that the audit alone still holds' }),
  })
  .meta({ id: 'ConsentHistory' });
export type ConsentHistoryView = z.input<typeof ConsentHistoryView>;
