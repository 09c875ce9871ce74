import { z } from 'zod';
import { isoTime, objectIdText, oneOrMoreOf } from '../../platform/fields.ts';
import { pageQuery, pageWith } from '../../platform/pagination.ts';
import { SearchMatch, searchText } from '../../platform/search/schemas.ts';
import { templateName } from '../../templates/schemas.ts';
import { MessageStatus } from './actions/schemas.ts';
import { messageExample, messageFields } from './schemas.ts';

const { direction } = messageFields;

/** How far back a search reaches that names neither a time nor a thread. */
export const defaultSearchDays = 90;

export const ListMessagesQuery = z
  .strictObject({
    ...pageQuery,
    conversationId: objectIdText.optional().meta({ description: 'Only messages of this conversation' }),
    contactId: objectIdText.optional().meta({
      description: 'Only messages of this contact, over all conversations',
    }),
    status: oneOrMoreOf(MessageStatus).optional().meta({
      description: 'Only these, separated by commas; `unknown` lists messages that need a decision',
    }),
    direction: direction.optional(),
    templateName: templateName.optional().meta({ description: 'Only messages of this template' }),
    since: isoTime.optional().meta({ description: 'Only messages from this time on' }),
    q: searchText(
      'Only messages whose text, caption, template text or file name has these words. Without `since`, `conversationId` ' +
        `and \`contactId\`, of the last ${defaultSearchDays} days.`,
    ),
    around: objectIdText.optional().meta({
      description: 'The page in whose middle this message is; not with `cursor`, `sort` or `q`',
    }),
    sort: z.enum(['newest', 'oldest']).optional().meta({
      description: '`newest` first, the default, or `oldest` first',
    }),
  })
  .refine(({ around, cursor, sort, q }) => around === undefined || (cursor ?? sort ?? q) === undefined, {
    error: '`around` starts a page, so it goes without `cursor`, `sort` and `q`.',
    path: ['around'],
  });
export type ListMessagesQuery = z.output<typeof ListMessagesQuery>;

const MessageContact = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    phoneNumber: z.string().nullable(),
    username: z.string().nullable(),
  })
  .meta({
    id: 'MessageContact',
    examples: [
      { id: messageExample.contactId, name: 'Ana Souza', phoneNumber: '+15550001001', username: null },
    ],
  });

export const MessageListItemView = z
  .object({
    ...messageFields,
    contact: MessageContact.nullable().meta({
      description:
        'The contact as it is now; null if it was deleted, or for an entry that no participant wrote',
    }),
    senderName: z.string().nullable().meta({
      description: 'The present name of the user or the contact who wrote it; null if nobody did',
    }),
    match: SearchMatch.nullable().meta({ description: 'Where `q` was found; null without `q`' }),
  })
  .meta({
    id: 'MessageListItem',
    examples: [
      {
        ...messageExample,
        contact: {
          id: messageExample.contactId,
          name: 'Ana Souza',
          phoneNumber: '+15550001001',
          username: null,
        },
        senderName: 'Ben Fischer',
        match: null,
      },
    ],
  });
export type MessageListItemView = z.input<typeof MessageListItemView>;

export const MessagePage = pageWith(MessageListItemView, 'MessagePage', {
  newerCursor: z
    .string()
    .nullable()
    .meta({
      description:
        'With `sort=oldest`, the `cursor` of what follows the newest message of this page, also of what arrives ' +
        'later; null if there is no message yet',
    }),
});
