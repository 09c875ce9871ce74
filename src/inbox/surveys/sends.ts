import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ConversationDoc, TouchedThread } from '../conversations/threads.ts';
import type { SurveyMark } from './model.ts';
import type { Episode } from './rules.ts';

export type { SurveyMark } from './model.ts';

/** The bodies of `POST /api/messages` that a survey sends. */
export type SurveyContent =
  | { readonly type: 'text'; readonly body: string }
  | {
      readonly type: 'list';
      readonly body: string;
      readonly buttonText: string;
      readonly sections: { readonly rows: { readonly id: string; readonly title: string }[] }[];
    };

/** A message of a survey that has passed every check of a send, and is stored nowhere yet. */
export interface PreparedSurveySend {
  /** Stores the message in the transaction, at its place in the thread that has taken it in. */
  store(thread: TouchedThread, session: ClientSession): Promise<StoredSurveySend>;
  /** Starts to send the stored message, after the commit. */
  start(): Promise<void>;
}

export interface StoredSurveySend {
  readonly messageId: Types.ObjectId;
  readonly status: string;
  readonly timestamp: Date;
}

/** Checks a message of the product into the conversation like any other send; throws what a send throws. Sending does it. */
export type PrepareSurveySend = (
  scope: ClientScope,
  send: {
    readonly conversation: ConversationDoc;
    readonly content: SurveyContent;
    readonly survey: SurveyMark;
  },
) => Promise<PreparedSurveySend>;

/** What was said in the conversation after `since`. Sending knows it. */
export type FindEpisode = (
  scope: ClientScope,
  conversation: {
    readonly conversationId: Types.ObjectId;
    readonly contactId: Types.ObjectId;
    readonly since: Date | null;
  },
) => Promise<Episode>;
