import { z } from 'zod';
import { normalisePhone } from '../platform/phone.ts';
import { pageOf, pageQuery } from '../platform/pagination.ts';
import { channelStates } from './store/model.ts';

export const ListChannelsQuery = z.strictObject({ ...pageQuery });

const displayNumber = z
  .string()
  .max(32)
  .transform((text, context) => {
    const phoneNumber = normalisePhone(text);
    if (phoneNumber !== null) return phoneNumber;
    context.addIssue({
      code: 'custom',
      message: 'Must be a phone number as E.164, with + and country code.',
    });
    return z.NEVER;
  })
  .meta({ description: 'The WhatsApp number as people see it', examples: ['+15550001000'] });

/** An id of the provider's: it becomes a part of the path of a call. */
const providerId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'Must be an id of the provider.' });

/** It becomes a header of every call. */
const accessToken = z
  .string()
  .regex(/^[\x21-\x7e]{1,2048}$/, { error: 'Must be 1 to 2048 visible ASCII characters without spaces.' })
  .meta({
    description: 'With the messaging permission for this number. Stored encrypted, never shown again',
    examples: ['EAAGexampletoken'],
    writeOnly: true,
  });

const appSecret = z
  .string()
  .regex(/^[\x21-\x7e]{8,256}$/, { error: 'Must be 8 to 256 visible ASCII characters without spaces.' })
  .meta({
    description:
      'Only if the number belongs to an app of its own: events on the channel’s own webhook address must then be ' +
      'signed with it. Stored encrypted, never shown again',
    writeOnly: true,
  });

const sendsPerSecond = z
  .int()
  .min(1)
  .max(1_000)
  .meta({
    description:
      'How much the number sends. Without it, what the provider allows: 80 at first, then what it says ' +
      '(`throughput`) when it is asked about the number. Less than it allows stays as you set it; more is lowered ' +
      'then. Numbers that are shared with the WhatsApp Business app may send 20',
    examples: [80],
  });

export const CreateChannelBody = z.strictObject({
  displayNumber,
  phoneNumberId: providerId.meta({ examples: ['106540352242922'] }),
  wabaId: providerId.meta({
    description: 'The WhatsApp Business Account of the number',
    examples: ['102290129340398'],
  }),
  accessToken,
  appSecret: appSecret.optional(),
  sendsPerSecond: sendsPerSecond.optional(),
});
export type CreateChannelBody = z.output<typeof CreateChannelBody>;

export const PatchChannelBody = z
  .strictObject({
    displayNumber: displayNumber.optional(),
    accessToken: accessToken.optional(),
    appSecret: appSecret.nullable().optional(),
    sendsPerSecond: sendsPerSecond.optional(),
  })
  .refine((body) => Object.keys(body).length > 0, { error: 'Give at least one field to change.' });
export type PatchChannelBody = z.output<typeof PatchChannelBody>;

const channelFields = {
  id: z.string(),
  displayNumber: z.string().meta({ examples: ['+15550001000'] }),
  phoneNumberId: z.string().meta({ examples: ['106540352242922'] }),
  wabaId: z.string(),
  hasAppSecret: z.boolean(),
  sendsPerSecond: z.number(),
  state: z.enum(channelStates),
  stateReason: z.string().nullable(),
  pause: z
    .object({
      class: z.enum(['sender', 'credentials']),
      code: z.string().meta({ description: 'The provider’s', examples: ['131042'] }),
      since: z.iso.datetime(),
      until: z.iso.datetime().nullable().meta({ description: 'Not before this time' }),
      nextCheckAt: z.iso
        .datetime()
        .meta({ description: 'When the provider’s health page is looked at again' }),
      relapses: z.int().meta({
        description: 'How often in a row that page said that all was well, and calls were refused again',
      }),
    })
    .nullable()
    .meta({ description: 'Set while the provider is the reason of the pause; it ends by itself' }),
  restriction: z
    .object({
      code: z
        .string()
        .meta({ description: 'The provider’s', examples: ['RESTRICTED_BIZ_INITIATED_MESSAGING'] }),
      since: z.iso.datetime(),
      until: z.iso
        .datetime()
        .nullable()
        .meta({ description: 'Over by itself then. Null: when the provider says so, or an admin resumes' }),
    })
    .nullable()
    .meta({
      description:
        'Set when the provider takes no templates of the number: they are held, and free-form messages go on',
    }),
  throughput: z
    .int()
    .nullable()
    .meta({
      description: 'Messages per second that the provider takes of the number; null: it has not said',
      examples: [80],
    }),
  messagingLimit: z
    .int()
    .nullable()
    .meta({ description: 'People whom the business may begin to write to in 24 h; null: nobody counts' }),
  portfolioId: z
    .string()
    .nullable()
    .meta({
      description:
        'The business at the provider that owns the account: your numbers with the same one share `messagingLimit`. ' +
        'Null: not known, and the numbers of one account do',
    }),
  verification: z
    .object({
      at: z.iso.datetime(),
      displayNumber: z.string().meta({ examples: ['+1 555-000-1000'] }),
      verifiedName: z.string().nullable(),
      qualityRating: z
        .string()
        .nullable()
        .meta({ examples: ['GREEN'] }),
    })
    .nullable()
    .meta({ description: 'What the provider said of the number when it was asked last' }),
  createdAt: z.iso.datetime(),
};

/** Credentials are written and never read back. */
export const ChannelView = z.object(channelFields).meta({ id: 'Channel' });
export type ChannelView = z.input<typeof ChannelView>;

const webhookUrl = z.string().meta({
  description: 'The channel’s own webhook address. Whoever knows it can send events: it is shown only here',
  examples: ['https://crm.example.com/webhook/incoming/4m1VdexampleKey'],
});

export const CreatedChannelView = z.object({ ...channelFields, webhookUrl }).meta({ id: 'CreatedChannel' });

export const WebhookAddressView = z.object({ webhookUrl });

export const ChannelPage = pageOf(ChannelView);
