import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';
import type { ConversationStatus } from '../conversations/use-cases.ts';
import type { SnoozePreset } from '../conversations/snoozing.ts';
import type { TemplateValues } from './sends.ts';

export type MacroAction = DecisionAction | NoteAction | SendAction;

/** A decision about the conversation. */
export type DecisionAction =
  | { readonly type: 'set-status'; readonly status: ConversationStatus }
  | { readonly type: 'assign'; readonly agentId: Types.ObjectId | 'auto' | null }
  | { readonly type: 'take' | 'give-back' }
  | {
      readonly type: 'snooze';
      readonly untilReply?: true | undefined;
      readonly preset?: SnoozePreset | undefined;
      readonly zone?: string | undefined;
    }
  | { readonly type: 'add-labels' | 'remove-labels'; readonly labels: readonly Types.ObjectId[] };

export interface NoteAction {
  readonly type: 'note';
  readonly body: string;
}

export type SendAction =
  | { readonly type: 'send-text'; readonly body: string }
  | {
      readonly type: 'send-canned-reply';
      readonly cannedReplyId: Types.ObjectId;
      readonly values: Readonly<Record<string, string>>;
    }
  | ({ readonly type: 'send-template' } & TemplateValues);

/** Actions that run as one. */
export interface MacroDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  /** The user whose own macro it is; null if all users share it. */
  readonly ownerId: Types.ObjectId | null;
  readonly name: string;
  /** Unique among the shared ones, and among those of a user, in any case and without accents. */
  readonly nameKey: string;
  /** In the order in which they are done; at most one sends. */
  readonly actions: readonly MacroAction[];
  readonly createdAt: Date;
  readonly version: number;
}

export const maxActions = 10;

export const macroModel = declareTenantModel<MacroDoc>('macros', {
  ownerId: Schema.Types.ObjectId,
  name: { type: String, required: true },
  nameKey: { type: String, required: true },
  actions: { type: [Schema.Types.Mixed], required: true },
  createdAt: { type: Date, required: true },
  version: { type: Number, required: true },
});

// Also serves the list, which merges the shared ones and those of a user.
macroModel.schema.index({ clientId: 1, ownerId: 1, nameKey: 1 }, { unique: true });
