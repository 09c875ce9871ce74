import { z } from 'zod';
import { aliasReasons, identityFields } from '../rules.ts';
import { samePersonReasons } from '../store/model.ts';

const ContactAlias = z
  .object({
    field: z.enum(identityFields),
    value: z.string(),
    at: z.iso.datetime().meta({ description: 'Since when it is known' }),
    until: z.iso.datetime().nullable().meta({
      description: 'When it stopped being the person’s; null if it may still be used',
    }),
    reason: z.enum(aliasReasons).meta({
      description:
        '`number-changed` and `user-id-changed`: WhatsApp said so. `seen-together`: an event named the person by both. ' +
        '`corrected`: a user replaced it',
    }),
  })
  .meta({ id: 'ContactAlias' });

const SamePersonLink = z
  .object({
    contactId: z.string(),
    reason: z.enum(samePersonReasons).meta({
      description:
        '`named-together`: an event named both. `identity-changed`: WhatsApp said that one became the other. ' +
        '`answered`: one answered a message that was sent to the other',
    }),
    at: z.iso.datetime(),
  })
  .meta({ id: 'SamePersonLink' });

/** The identities in the views of a contact. */
export const identityViewFields = {
  phoneNumber: z
    .string()
    .nullable()
    .meta({
      description:
        'Null if the number is unknown, or if WhatsApp vouches for digits that are in no numbering plan we know: then ' +
        '`whatsappId` has them, and messages go to them',
    }),
  whatsappId: z.string().nullable().meta({ description: 'The digits that WhatsApp vouches for' }),
  businessScopedUserId: z.string().nullable(),
  parentUserId: z.string().nullable().meta({
    description: 'The id of the person for the parent business of several portfolios',
  }),
  username: z.string().nullable(),
  aliases: z.array(ContactAlias).meta({
    description: 'Former and additional identities of the person, oldest first; at most 50',
  }),
  samePerson: z.array(SamePersonLink).meta({
    description: 'Other contacts that are the same person; consent and block count for all of them',
  }),
};

export const identityExample = {
  phoneNumber: '+15550001001',
  whatsappId: '15550001001',
  businessScopedUserId: 'US.13491208655302741918',
  parentUserId: null,
  username: 'ana.souza',
  aliases: [
    {
      field: 'phoneNumber',
      value: '+15550001000',
      at: '2026-09-02T10:00:00.000Z',
      until: '2026-11-20T12:30:00.000Z',
      reason: 'number-changed',
    },
  ],
  samePerson: [{ contactId: '665f1c2ab7e4d3a9c8b01221', reason: 'answered', at: '2026-11-22T18:00:00.000Z' }],
};
