import { z } from 'zod';
import { objectIdText } from '../../platform/fields.ts';
import { pageOf, pageQuery } from '../../platform/pagination.ts';

/** Both marks name a message in the same way. */
export const ReadPositionBody = z
  .strictObject({
    messageId: objectIdText.optional().meta({
      description:
        'A message of the conversation. For `read`, the last one that you have seen; left out, all are read. For ' +
        '`unread`, the first one to be unread; left out, the contact’s last one',
    }),
  })
  .meta({ id: 'ReadPositionBody', examples: [{ messageId: '665f1c2ab7e4d3a9c8b01250' }] });

export const ListSeenQuery = z.strictObject(pageQuery);

export const SeenMarkView = z
  .object({
    userId: z.string(),
    name: z.string().nullable().meta({ description: 'Null if the business has no such user any more' }),
    lastSeenMessageId: z.string(),
    at: z.iso.datetime().meta({ description: 'When the user saw it' }),
  })
  .meta({
    id: 'SeenMark',
    examples: [
      {
        userId: '665f1c2ab7e4d3a9c8b01234',
        name: 'Jane Doe',
        lastSeenMessageId: '665f1c2ab7e4d3a9c8b01250',
        at: '2026-11-23T09:01:00.000Z',
      },
    ],
  });

export const SharedReadMarkView = z
  .object({
    messageId: z.string().nullable().meta({ description: 'The contact’s messages up to it show as read' }),
    at: z.iso.datetime().nullable().meta({ description: 'When WhatsApp was told' }),
    failure: z
      .object({
        messageId: z.string(),
        code: z.string().meta({
          description: 'WhatsApp’s code, or `channel`, `block-list`, `away`; later versions may have more',
        }),
        title: z.string(),
        at: z.iso.datetime(),
        isFinal: z.boolean().meta({ description: 'It is not tried again; a later message is' }),
      })
      .meta({ id: 'ReadMarkFailure' })
      .nullable()
      .meta({ description: 'Why a later message does not show as read' }),
  })
  .meta({
    id: 'SharedReadMark',
    examples: [{ messageId: '665f1c2ab7e4d3a9c8b01250', at: '2026-11-23T09:01:00.000Z', failure: null }],
  });

export const SeenMarkPage = pageOf(SeenMarkView, 'SeenMarkPage');
