import type { Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

/** How the inbox of a client behaves; a client without settings has the defaults. */
export interface InboxSettingsDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  /** A contact who writes within this time after the conversation was closed reopens it; 0 never reopens one. */
  readonly reopenWithinHours: number;
  /** An open conversation is closed when the contact has been silent for so long after our last message; 0 closes none. */
  readonly autoCloseAfterHours: number;
  /** Whether contacts are shown that their messages were read, and that somebody types. */
  readonly shareReadMarks: boolean;
  /** 0 if nothing is stored. */
  readonly version: number;
}

export const inboxSettingsModel = declareTenantModel<InboxSettingsDoc>('inbox_settings', {
  reopenWithinHours: { type: Number, required: true },
  autoCloseAfterHours: { type: Number, required: true },
  shareReadMarks: Boolean,
  version: { type: Number, required: true },
});

inboxSettingsModel.schema.index({ clientId: 1 }, { unique: true });
