import type { SearchQuery } from '../../platform/search/query.ts';
import { toSearchMatch } from '../../platform/search/schemas.ts';
import { toContactSummary } from '../conversations/contacts.ts';
import { withoutMentions } from './mentions.ts';
import type { NoteListItemView, NoteView } from './schemas.ts';
import type { ListedNote, NoteDoc } from './use-cases.ts';

export const toNoteView = (note: NoteDoc): NoteView => ({
  id: note._id.toHexString(),
  conversationId: note.conversationId.toHexString(),
  authorId: note.authorId.toHexString(),
  body: note.body,
  mentions: note.mentions.map((id) => id.toHexString()),
  editedAt: note.editedAt?.toISOString() ?? null,
  createdAt: note.createdAt.toISOString(),
});

export const toNoteListItemView = (
  { note, contact }: ListedNote,
  query: SearchQuery | undefined,
): NoteListItemView => ({
  ...toNoteView(note),
  contact: contact === null ? null : toContactSummary(contact),
  match: query === undefined ? null : toSearchMatch(withoutMentions(note.body), query),
});
