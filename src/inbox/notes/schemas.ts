import { z } from 'zod';
import { objectIdText } from '../../platform/fields.ts';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { notEmpty, paragraphText } from '../../platform/text-fields.ts';
import { SearchMatch, searchText } from '../../platform/search/schemas.ts';
import { ContactSummary } from '../conversations/contacts.ts';
import { maxMentions, mentionIssues } from './mentions.ts';

const body = paragraphText(10_000).meta({
  description: 'For colleagues only. Mention a user as `@[<id>]`, and list the id in `mentions`',
});
const mentions = z
  .array(objectIdText)
  .max(maxMentions)
  .meta({ description: 'The active users whom the text mentions; each new one is notified' });

const conversationId = '665f1c2ab7e4d3a9c8b01240';

export const CreateNoteBody = z
  .strictObject({ conversationId: objectIdText, body, mentions: mentions.default([]) })
  // Also called when a mention is no id, which is then a text.
  .superRefine((note, context) => {
    for (const { path, message } of mentionIssues(note.body, note.mentions))
      context.addIssue({ code: 'custom', path: path.split('.'), message });
  })
  .meta({
    id: 'CreateNoteBody',
    examples: [{ conversationId, body: 'She paid twice; refund the second one.', mentions: [] }],
  });

export const PatchNoteBody = z
  .strictObject({ body: body.exactOptional(), mentions: mentions.exactOptional() })
  .refine(...notEmpty)
  .meta({ id: 'UpdateNoteBody', examples: [{ body: 'Refunded on Monday.', mentions: [] }] });

export const ListNotesQuery = z.strictObject({
  ...pageQuery,
  conversationId: objectIdText.optional().meta({ description: 'Only notes about this conversation' }),
  q: searchText('Only notes whose text has these words.'),
});

const noteFields = {
  id: z.string(),
  conversationId: z.string(),
  authorId: z.string(),
  body: z.string(),
  mentions: z.array(z.string()),
  editedAt: z.iso.datetime().nullable().meta({ description: 'Null if it was never changed' }),
  createdAt: z.iso.datetime(),
};

const noteExample = {
  ...{ id: '665f1f77bcf86cd799439041', conversationId, authorId: '665f1c2ab7e4d3a9c8b01235' },
  body: '@[665f1c2ab7e4d3a9c8b01234] She paid twice; can you refund the second one?',
  mentions: ['665f1c2ab7e4d3a9c8b01234'],
  ...{ editedAt: null, createdAt: '2026-11-23T09:00:00.000Z' },
};

export const NoteView = z.object(noteFields).meta({ id: 'Note', examples: [noteExample] });
export type NoteView = z.input<typeof NoteView>;

const NoteListItemView = z
  .object({
    ...noteFields,
    contact: ContactSummary.nullable().meta({
      description: 'The contact of the conversation as it is now; null if it was deleted',
    }),
    match: SearchMatch.nullable().meta({ description: 'Where `q` was found; null without `q`' }),
  })
  .meta({
    id: 'NoteListItem',
    examples: [
      {
        ...noteExample,
        contact: { id: '665f1c2ab7e4d3a9c8b01220', name: 'Ana Souza', phoneNumber: '+15550001001' },
        match: null,
      },
    ],
  });
export type NoteListItemView = z.input<typeof NoteListItemView>;

export const NotePage = pageOf(NoteListItemView, 'NotePage');
