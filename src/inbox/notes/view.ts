import type { NoteView } from './schemas.ts';
import type { NoteDoc } from './use-cases.ts';

export const toNoteView = (note: NoteDoc): NoteView => ({
  id: note._id.toHexString(),
  conversationId: note.conversationId.toHexString(),
  authorId: note.authorId.toHexString(),
  body: note.body,
  mentions: note.mentions.map((id) => id.toHexString()),
  editedAt: note.editedAt?.toISOString() ?? null,
  createdAt: note.createdAt.toISOString(),
});
