import type { ClientSession, Types } from 'mongoose';
import type { z } from 'zod';
import type { ClientScope } from '../../platform/mongo.ts';
import type { templateVariables } from '../../templates/schemas.ts';
import type { ConversationDoc, TouchedThread } from '../conversations/threads.ts';

/** A template and what fills it. */
export interface TemplateValues {
  readonly templateName: string;
  readonly language?: string | undefined;
  readonly variables?: z.output<typeof templateVariables> | undefined;
}

export type SendContent =
  | { readonly kind: 'text'; readonly body: string }
  | ({ readonly kind: 'template' } & TemplateValues);

/** A message that has passed every check of a send, and is stored nowhere yet. */
export interface PreparedSend {
  /** Whether it is an answer, which takes the next turn of the conversation. */
  readonly takesTurn: boolean;
  /** Stores the message in the transaction, at its place in the thread that has taken it in; returns its id. */
  store(thread: TouchedThread, session: ClientSession): Promise<Types.ObjectId>;
  /** Starts to send the stored message, after the commit. */
  start(): Promise<void>;
}

/** Checks a message into the conversation like any other send; throws what a send throws. Sending does it. */
export type PrepareSend = (
  scope: ClientScope,
  send: {
    readonly conversation: ConversationDoc;
    readonly content: SendContent;
    /** The user who sends it. */
    readonly by: Types.ObjectId;
    /** The user sends to many at once, and so decides about none of them: an opt-out refuses an answer as well. */
    readonly isOfMany: boolean;
  },
) => Promise<PreparedSend>;
