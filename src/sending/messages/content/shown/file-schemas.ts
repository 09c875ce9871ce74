import { z } from 'zod';
import { MediaState } from '../../../../inbox/media/schemas.ts';
import { kind, text } from './kind.ts';

/** Files, places and contact cards. */

/** The same for every file, so that one part of a client can show them all. */
const fileFields = {
  mediaId: text.meta({
    description:
      'What to send as `mediaId` to send the file again: as it was sent, or the id of our copy of a received file; null ' +
      'while there is none',
  }),
  link: text.meta({ description: 'Where WhatsApp downloaded it' }),
  caption: text,
  filename: text.meta({ description: 'As the contact sees it' }),
  fileId: text.meta({ description: 'The id of our copy, for `/api/media/{id}`; null if there is none' }),
  state: MediaState.nullable().meta({ description: 'The state of our copy; null if there is none' }),
  providerMediaId: text.meta({
    description: 'The id of the file at WhatsApp; null for a file of ours, which has one for each number',
  }),
  mimeType: text,
  sha256: text.meta({ description: 'The hash of the file, in base64; inbound only' }),
  isVoice: z.boolean().meta({ description: 'Shown as a voice note' }),
  isAnimated: z.boolean().meta({ description: 'A sticker that moves; inbound only' }),
};

const File = z.object(fileFields);
export type FileParts = z.input<typeof File>;

export const noFile = {
  mediaId: null,
  link: null,
  caption: null,
  filename: null,
  fileId: null,
  state: null,
  providerMediaId: null,
  mimeType: null,
  sha256: null,
  isVoice: false,
  isAnimated: false,
} as const satisfies FileParts;

const received = (id: string, mimeType: string) =>
  ({
    ...noFile,
    mediaId: id,
    fileId: id,
    state: 'stored',
    providerMediaId: '1037543291543636',
    mimeType,
  }) as const;

export const fileTypes = ['image', 'video', 'audio', 'document', 'sticker'] as const;
export type FileType = (typeof fileTypes)[number];

export const ImageContent = kind('ImageContent', {
  type: 'image',
  fields: fileFields,
  example: { ...received('665f1c2ab7e4d3a9c8b01260', 'image/jpeg'), caption: 'Our terrace' },
  text: 'Our terrace',
});
export const VideoContent = kind('VideoContent', {
  type: 'video',
  fields: fileFields,
  example: { ...noFile, link: 'https://example.com/tour.mp4', caption: 'A tour' },
  text: 'A tour',
});
export const AudioContent = kind('AudioContent', {
  type: 'audio',
  fields: fileFields,
  example: { ...received('665f1c2ab7e4d3a9c8b01261', 'audio/ogg; codecs=opus'), isVoice: true },
});
export const DocumentContent = kind('DocumentContent', {
  type: 'document',
  fields: fileFields,
  example: { ...noFile, link: 'https://example.com/bill.pdf', filename: 'bill.pdf' },
  text: 'bill.pdf',
});
export const StickerContent = kind('StickerContent', {
  type: 'sticker',
  fields: fileFields,
  example: { ...received('665f1c2ab7e4d3a9c8b01262', 'image/webp'), isAnimated: true },
});

export const LocationContent = kind('LocationContent', {
  type: 'location',
  fields: {
    latitude: z.number(),
    longitude: z.number(),
    name: text,
    address: text,
    url: text.meta({ description: 'A page about the place; inbound only' }),
  },
  example: {
    ...{ latitude: 52.520008, longitude: 13.404954, name: 'Bakery Doe' },
    ...{ address: 'Alexanderplatz 1, Berlin', url: null },
  },
  text: 'Bakery Doe, Alexanderplatz 1, Berlin',
});

const CardName = z
  .object({
    formattedName: z.string(),
    firstName: text,
    middleName: text,
    lastName: text,
    prefix: text,
    suffix: text,
  })
  .meta({ id: 'ContactCardName' });

const CardAddress = z
  .object({
    street: text,
    city: text,
    state: text,
    zip: text,
    country: text,
    countryCode: text,
    type: text,
  })
  .meta({ id: 'ContactCardAddress' });

const Phone = z.object({ phone: text, type: text, waId: text }).meta({ id: 'ContactCardPhone' });
const Email = z.object({ email: text, type: text }).meta({ id: 'ContactCardEmail' });
const Url = z.object({ url: text, type: text }).meta({ id: 'ContactCardUrl' });

/** A list that a card does not have is null. */
const Card = z
  .object({
    name: CardName,
    phones: z.array(Phone).nullable(),
    emails: z.array(Email).nullable(),
    urls: z.array(Url).nullable(),
    org: z
      .object({ company: text, department: text, title: text })
      .meta({ id: 'ContactCardOrganisation' })
      .nullable(),
    addresses: z.array(CardAddress).nullable(),
    birthday: text,
    vcard: text.meta({ description: 'The same card in the vCard format; inbound only' }),
  })
  .meta({ id: 'ContactCard' });
export type Card = z.input<typeof Card>;

export const ContactsContent = kind('ContactsContent', {
  type: 'contacts',
  fields: { contacts: z.array(Card) },
  example: {
    contacts: [
      {
        name: {
          ...{ formattedName: 'Ben Agent', firstName: 'Ben', middleName: null, lastName: null },
          ...{ prefix: null, suffix: null },
        },
        phones: [{ phone: '+12025550143', type: 'WORK', waId: null }],
        ...{ emails: null, urls: null, org: null, addresses: null, birthday: null, vcard: null },
      },
    ],
  },
  text: 'Ben Agent',
});
