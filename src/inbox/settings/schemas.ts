import { z } from 'zod';
import { notEmpty } from '../../platform/text-fields.ts';

const maxReopenHours = 30 * 24;

const reopenWithinHours = z.int().min(0).max(maxReopenHours);
const maxAutoCloseHours = 90 * 24;
const autoCloseAfterHours = z.int().min(0).max(maxAutoCloseHours);
const aboutAutoClosing =
  'An open conversation is closed when so many hours have passed since our last message, and since its latest change of ' +
  'status or assignment, unless the contact waits for an answer. 0, the default, closes none.';

const aboutReopening =
  'A contact who writes within this time after the conversation was closed reopens it; later, a new one begins. ' +
  '0 always begins a new one.';

const aboutReadMarks =
  'Contacts see that their messages were read, when somebody marks a conversation as read, and that somebody types. ' +
  'True by default, as in WhatsApp itself.';

export const PatchInboxSettingsBody = z
  .strictObject({
    reopenWithinHours: reopenWithinHours.exactOptional().meta({ description: aboutReopening }),
    autoCloseAfterHours: autoCloseAfterHours.exactOptional().meta({ description: aboutAutoClosing }),
    shareReadMarks: z.boolean().exactOptional().meta({ description: aboutReadMarks }),
  })
  .refine(...notEmpty)
  .meta({
    id: 'UpdateInboxSettingsBody',
    examples: [{ reopenWithinHours: 48, autoCloseAfterHours: 72, shareReadMarks: false }],
  });
export type PatchInboxSettingsBody = z.output<typeof PatchInboxSettingsBody>;

export const InboxSettingsView = z
  .object({
    reopenWithinHours: z.int().meta({ description: aboutReopening }),
    autoCloseAfterHours: z.int().meta({ description: aboutAutoClosing }),
    shareReadMarks: z.boolean().meta({ description: aboutReadMarks }),
  })
  .meta({
    id: 'InboxSettings',
    examples: [{ reopenWithinHours: 168, autoCloseAfterHours: 0, shareReadMarks: true }],
  });
