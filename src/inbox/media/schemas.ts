import { z } from 'zod';
import { openEnum } from '../../platform/fields.ts';
import { noControls } from '../../platform/text-fields.ts';
import { sendKinds } from './kinds.ts';
import { mediaStates } from './states.ts';

export const UploadQuery = z.strictObject({
  filename: z
    .string()
    .min(1)
    .max(240)
    .regex(noControls, { error: 'Must be one line without control characters.' })
    .optional()
    .meta({
      description:
        'The name of the file. It tells old Office formats apart, and shows that a text is meant as one',
    }),
});

export const MediaKind = openEnum(sendKinds).meta({
  id: 'MediaKind',
  description: 'The kind of message that sends the file: the `type` of its `content`',
});

export const MediaFileView = z
  .object({
    id: z.string().meta({ description: 'The `mediaId` of a message that sends the file' }),
    kind: MediaKind,
    mimeType: z.string().meta({ description: 'By the content of the file' }),
    bytes: z.int(),
    sha256: z.string().meta({ description: 'In hexadecimal' }),
    filename: z.string().nullable(),
    hasThumbnail: z.boolean(),
    createdAt: z.iso.datetime(),
  })
  .meta({
    id: 'MediaFile',
    examples: [
      {
        id: '665f1c2ab7e4d3a9c8b01260',
        kind: 'document',
        mimeType: 'application/pdf',
        bytes: 48_211,
        sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        filename: 'menu.pdf',
        hasThumbnail: false,
        createdAt: '2026-11-23T09:00:00.000Z',
      },
    ],
  });
export type MediaFileView = z.output<typeof MediaFileView>;

export const MediaLinkView = z
  .object({
    url: z.string().meta({ description: 'Opens the file without a session until `expiresAt`' }),
    thumbnailUrl: z.string().nullable().meta({ description: 'The same for its thumbnail' }),
    expiresAt: z.iso.datetime(),
    createdAt: z.iso.datetime(),
  })
  .meta({
    id: 'MediaLink',
    examples: [
      {
        url: 'https://crm.example.com/api/media-links/Zl8cKrfk06nIsBJgZl8cKrfk06nIsBJgAAGWvqAAAA',
        thumbnailUrl: null,
        expiresAt: '2026-11-23T09:05:00.000Z',
        createdAt: '2026-11-23T09:00:00.000Z',
      },
    ],
  });
export type MediaLinkView = z.output<typeof MediaLinkView>;

export const MediaState = openEnum(mediaStates).meta({
  id: 'MediaState',
  description: 'How far a file is: it can be read when it is `stored`',
});

/** What an event tells of a file. */
export const MediaFacts = z
  .object({
    messageId: z
      .string()
      .nullable()
      .meta({ description: 'The message that brought the file; null for an upload' }),
    state: MediaState,
    mimeType: z
      .string()
      .nullable()
      .meta({ description: 'By the content of the file; null if that tells nothing' }),
    bytes: z.int().nullable(),
  })
  .meta({
    id: 'MediaFacts',
    examples: [
      { messageId: '665f1c2ab7e4d3a9c8b01240', state: 'stored', mimeType: 'image/jpeg', bytes: 48_211 },
    ],
  });

export const LinkParams = z.strictObject({
  token: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,200}$/, { error: 'Must be the token of a link.' })
    .meta({ description: 'The token of the link' }),
});
