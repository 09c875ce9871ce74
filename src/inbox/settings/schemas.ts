import { z } from 'zod';
import { notEmpty } from '../../platform/text-fields.ts';

const maxReopenHours = 30 * 24;

const reopenWithinHours = z.int().min(0).max(maxReopenHours);
const aboutReopening =
  'A contact who writes within this time after the conversation was closed reopens it; later, a new one begins. ' +
  '0 always begins a new one.';

export const PatchInboxSettingsBody = z
  .strictObject({
    reopenWithinHours: reopenWithinHours.exactOptional().meta({ description: aboutReopening }),
  })
  .refine(...notEmpty)
  .meta({ id: 'UpdateInboxSettingsBody', examples: [{ reopenWithinHours: 48 }] });
export type PatchInboxSettingsBody = z.output<typeof PatchInboxSettingsBody>;

export const InboxSettingsView = z
  .object({ reopenWithinHours: z.int().meta({ description: aboutReopening }) })
  .meta({ id: 'InboxSettings', examples: [{ reopenWithinHours: 168 }] });
