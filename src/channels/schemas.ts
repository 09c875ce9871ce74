import { z } from 'zod';
import { normalisePhone } from '../platform/phone.ts';
import { pageOf, pageQuery } from '../platform/pagination.ts';
import { ChannelNotice } from './events/schemas.ts';
import { channelStates, ownershipGaps } from './store/model.ts';

export const ListChannelsQuery = z.strictObject({ ...pageQuery });

const displayNumber = z
  .string()
  .max(32)
  .transform((text, context) => {
    const phoneNumber = normalisePhone(text);
    if (phoneNumber !== null) return phoneNumber;
    context.addIssue({
      code: 'custom',
      message: 'Must be an E.164 phone number with + and country code.',
    });
    return z.NEVER;
  })
  .meta({ description: 'The WhatsApp number that contacts see, as E.164 with `+`' });

/** Restricted, because it becomes part of the path of provider calls. */
const providerId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'Must be 1 to 64 letters, digits, underscores and hyphens.' });

/** Restricted, because it becomes a header of every provider call. */
const accessToken = z
  .string()
  .regex(/^[\x21-\x7e]{1,2048}$/, { error: 'Must be 1 to 2048 visible ASCII characters without spaces.' })
  .meta({
    description:
      'Needs whatsapp_business_messaging for the number, and whatsapp_business_management to prove the ownership and ' +
      'read templates. Stored encrypted, never shown again',
    writeOnly: true,
  });

const appSecret = z
  .string()
  .regex(/^[\x21-\x7e]{8,256}$/, { error: 'Must be 8 to 256 visible ASCII characters without spaces.' })
  .meta({
    description:
      'Only if the number belongs to its own app: events on the webhook address of the channel must then be signed ' +
      'with it. Stored encrypted, never shown again',
    writeOnly: true,
  });

const sendsPerSecond = z
  .int()
  .min(1)
  .max(1_000)
  .meta({
    description:
      'The maximum sending rate. If not given, what the provider allows: 80 at first, then the reported `throughput`. ' +
      'A lower value is kept; a higher value is lowered to the `throughput`. Numbers that are also used in the ' +
      'WhatsApp Business app may send 20',
  });

export const CreateChannelBody = z
  .strictObject({
    displayNumber,
    phoneNumberId: providerId,
    wabaId: providerId.meta({ description: 'The WhatsApp Business Account of the number' }),
    accessToken,
    appSecret: appSecret.optional(),
    sendsPerSecond: sendsPerSecond.optional(),
  })
  .meta({
    id: 'CreateChannelBody',
    examples: [
      {
        displayNumber: '+15550001000',
        phoneNumberId: '106540352242922',
        wabaId: '102290129340398',
        accessToken: 'EAAGexampletoken',
      },
    ],
  });
export type CreateChannelBody = z.output<typeof CreateChannelBody>;

export const PatchChannelBody = z
  .strictObject({
    displayNumber: displayNumber.optional(),
    accessToken: accessToken.optional(),
    appSecret: appSecret.nullable().optional(),
    sendsPerSecond: sendsPerSecond.optional(),
  })
  .refine((body) => Object.keys(body).length > 0, { error: 'Give at least one field to change.' })
  .meta({ id: 'UpdateChannelBody', examples: [{ sendsPerSecond: 20 }] });
export type PatchChannelBody = z.output<typeof PatchChannelBody>;

const ChannelPause = z
  .object({
    class: z.enum(['sender', 'credentials']),
    code: z.string().meta({ description: 'The error code of the provider' }),
    since: z.iso.datetime(),
    until: z.iso.datetime().nullable().meta({ description: 'Not before this time' }),
    nextCheckAt: z.iso.datetime().meta({ description: 'When the health of the number is checked again' }),
    relapses: z.int().meta({
      description: 'How often in a row the health check passed and calls were refused again',
    }),
  })
  .meta({ id: 'ChannelPause' });

const ChannelRestriction = z
  .object({
    code: z.string().meta({ description: 'The restriction of the provider' }),
    since: z.iso.datetime(),
    until: z.iso.datetime().nullable().meta({
      description: 'When it ends. Null: when the provider reports it, or an admin resumes the channel',
    }),
  })
  .meta({ id: 'ChannelRestriction' });

const ChannelVerification = z
  .object({
    at: z.iso.datetime(),
    displayNumber: z.string(),
    verifiedName: z.string().nullable(),
    qualityRating: z.string().nullable(),
  })
  .meta({ id: 'ChannelVerification' });

const ChannelNumberMismatch = z
  .object({
    reported: z.string().meta({ description: 'The number as the provider writes it' }),
    detail: z.string().meta({ description: 'The same for people, with the way out' }),
  })
  .meta({ id: 'ChannelNumberMismatch' });

const ChannelOwnership = z
  .object({
    state: z.enum(['verified', 'unverified']),
    reason: z.enum(ownershipGaps).nullable().meta({
      description: 'Which proof is missing; null if verified',
    }),
    detail: z.string().nullable().meta({
      description: 'The same for people, with the way out; also set while `endsAt` is',
    }),
    checkedAt: z.iso.datetime().nullable().meta({
      description: 'When the provider last answered about the ownership; null if it never did',
    }),
    endsAt: z.iso.datetime().nullable().meta({
      description:
        'Set while the provider refuses the token of a verified channel: then the channel becomes unverified',
    }),
  })
  .meta({ id: 'ChannelOwnership' });

export const ChannelState = z.enum(channelStates).meta({ id: 'ChannelState' });

const channelFields = {
  id: z.string(),
  displayNumber: z.string(),
  phoneNumberId: z.string(),
  wabaId: z.string(),
  hasAppSecret: z.boolean(),
  sendsPerSecond: z.number(),
  state: ChannelState,
  stateReason: z.string().nullable(),
  pause: ChannelPause.nullable().meta({
    description: 'Set while the provider causes the pause; it ends by itself',
  }),
  restriction: ChannelRestriction.nullable().meta({
    description:
      'Set while the provider refuses templates of the number: they are held, free-form messages are sent',
  }),
  throughput: z.int().nullable().meta({
    description: 'Messages per second that the provider accepts from the number; null if not known',
  }),
  messagingLimit: z
    .int()
    .nullable()
    .meta({ description: 'Contacts that the business may start to message in 24 h; null if unlimited' }),
  portfolioId: z
    .string()
    .nullable()
    .meta({
      description:
        'The business portfolio that owns the account; numbers of one portfolio share `messagingLimit`. Null if not ' +
        'known: then the numbers of one account share it',
    }),
  verification: ChannelVerification.nullable().meta({
    description: 'What the provider reported about the number at the last check',
  }),
  numberMismatch: ChannelNumberMismatch.nullable().meta({
    description: 'Set if the provider reports another number than `displayNumber`',
  }),
  ownership: ChannelOwnership.meta({
    description:
      'Whether the provider, asked with the access token, has answered with this number and account. Only a verified ' +
      'channel sends, receives the events of its number and account, and shows limits',
  }),
  notices: z.array(ChannelNotice).meta({
    description:
      'The latest important events that WhatsApp reported, newest first, at most 5: of the last 30 days, or with a ' +
      'later effect. `GET /api/channels/{id}/events` has all with their details',
  }),
  createdAt: z.iso.datetime(),
};

const channelExample = {
  id: '665f1c2ab7e4d3a9c8b01210',
  displayNumber: '+15550001000',
  phoneNumberId: '106540352242922',
  wabaId: '102290129340398',
  hasAppSecret: false,
  sendsPerSecond: 80,
  state: 'active',
  stateReason: null,
  pause: null,
  restriction: null,
  throughput: 80,
  messagingLimit: 1000,
  portfolioId: '506012345678901',
  verification: {
    at: '2026-11-23T08:10:00.000Z',
    displayNumber: '+1 555-000-1000',
    verifiedName: 'Doe & Sons',
    qualityRating: 'GREEN',
  },
  numberMismatch: null,
  ownership: {
    state: 'verified',
    reason: null,
    detail: null,
    checkedAt: '2026-11-23T08:10:00.000Z',
    endsAt: null,
  },
  notices: [],
  createdAt: '2026-11-23T08:05:00.000Z',
} as const;

/** Never includes credentials. */
export const ChannelView = z.object(channelFields).meta({ id: 'Channel', examples: [channelExample] });
export type ChannelView = z.input<typeof ChannelView>;

const webhookUrl = z.string().meta({
  description:
    'The webhook address of the channel. Anyone who knows it can send events: it is shown only here',
});
const webhookUrlExample = 'https://crm.example.com/webhook/incoming/4m1VdexampleKey';

export const CreatedChannelView = z
  .object({ ...channelFields, webhookUrl })
  .meta({ id: 'CreatedChannel', examples: [{ ...channelExample, webhookUrl: webhookUrlExample }] });

export const WebhookAddressView = z
  .object({ webhookUrl })
  .meta({ id: 'WebhookAddress', examples: [{ webhookUrl: webhookUrlExample }] });

export const ChannelPage = pageOf(ChannelView, 'ChannelPage');
