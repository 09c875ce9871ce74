import { z } from 'zod';
import { ConsentLogStatus, OptInStatus } from '../../people/contacts/schemas.ts';

const MessageIds = z.array(z.string());

const ProofView = z
  .object({
    storedAt: z.iso.datetime().meta({ description: 'No message is accepted after this time' }),
    acknowledgedAt: z.iso.datetime().meta({ description: 'No message is sent after this time' }),
    canceledCount: z.number(),
    canceledMessageIds: MessageIds.meta({ description: 'The first 1000' }),
    mayHaveLeftMessageIds: MessageIds.meta({
      description: 'Messages that were being handed to the provider at that moment and may have been sent',
    }),
  })
  .meta({ id: 'StopProof' });

const HistoryEntry = z
  .object({
    status: ConsentLogStatus,
    source: z.string(),
    wording: z.string().nullable(),
    at: z.iso.datetime().meta({ description: 'When the contact said it' }),
    storedAt: z.iso.datetime(),
    by: z.string().nullable().meta({ description: 'The user who recorded it; null if the product did' }),
    eventId: z.string().nullable().meta({ description: 'The id of its cause, from the provider or ours' }),
    proof: ProofView.nullable().meta({ description: 'The effects of an opt-out; only for the latest 50' }),
  })
  .meta({ id: 'ConsentHistoryEntry' });

export const ConsentHistoryView = z
  .object({
    contactId: z.string(),
    optInStatus: OptInStatus,
    marketingStopped: z.boolean(),
    marketingStoppedAt: z.iso.datetime().nullable(),
    isBlocked: z.boolean(),
    blockedAt: z.iso.datetime().nullable(),
    entries: z.array(HistoryEntry).meta({
      description:
        'Every change of consent in the order in which it was stored; of more than 200, the first 20 and the latest',
    }),
    entriesLeftOut: z
      .int()
      .meta({ description: 'Entries after the first 20 that only the audit log still holds' }),
  })
  .meta({
    id: 'ConsentHistory',
    examples: [
      {
        contactId: '665f1c2ab7e4d3a9c8b01220',
        optInStatus: 'opted-out',
        marketingStopped: false,
        marketingStoppedAt: null,
        isBlocked: false,
        blockedAt: null,
        entries: [
          {
            status: 'opted-out',
            source: 'keyword',
            wording: 'STOP',
            at: '2026-11-23T10:00:00.000Z',
            storedAt: '2026-11-23T10:00:01.000Z',
            by: null,
            eventId: 'wamid.HBgLMTU1NTAwMDEwMDEVAgASGBQzQTdCNUQ2RTcA',
            proof: {
              storedAt: '2026-11-23T10:00:01.000Z',
              acknowledgedAt: '2026-11-23T10:00:01.200Z',
              canceledCount: 1,
              canceledMessageIds: ['665f1c2ab7e4d3a9c8b01250'],
              mayHaveLeftMessageIds: [],
            },
          },
        ],
        entriesLeftOut: 0,
      },
    ],
  });
export type ConsentHistoryView = z.input<typeof ConsentHistoryView>;
