import type { Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';

/** What the contact was shown of reading. */
export interface SharedReadMark {
  /** The message up to which theirs show as read; null if none was shown. */
  readonly shown: { readonly messageId: Types.ObjectId; readonly at: Date } | null;
  /** Why a later one does not. */
  readonly failure: {
    readonly messageId: Types.ObjectId;
    readonly code: string;
    readonly title: string;
    readonly at: Date;
    /** It is not tried again. */
    readonly isFinal: boolean;
  } | null;
}

/** Null if nothing was tried. Sending knows. */
export type FindReadMark = (
  scope: ClientScope,
  conversationId: Types.ObjectId,
) => Promise<SharedReadMark | null>;
