import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

/** What contacts are asked after their conversation was closed. */
export interface SatisfactionSurvey {
  readonly question: string;
  /** Opens the list of the scores. */
  readonly buttonLabel: string;
  /** The names of the scores, from 1 to 5; stars if null. */
  readonly labels: readonly string[] | null;
  /** Sent after a score; null asks for none. */
  readonly commentQuestion: string | null;
  /** Sent at the end; null says nothing. */
  readonly thanks: string | null;
}

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
  /** Absent if nobody is asked. */
  readonly satisfactionSurvey?: SatisfactionSurvey;
  /** 0 if nothing is stored. */
  readonly version: number;
}

export const inboxSettingsModel = declareTenantModel<InboxSettingsDoc>('inbox_settings', {
  reopenWithinHours: { type: Number, required: true },
  autoCloseAfterHours: { type: Number, required: true },
  shareReadMarks: Boolean,
  satisfactionSurvey: Schema.Types.Mixed,
  version: { type: Number, required: true },
});

inboxSettingsModel.schema.index({ clientId: 1 }, { unique: true });
