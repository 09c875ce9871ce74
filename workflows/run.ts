import type { MessageRef, Receipt, SendMessageInput } from '../src/sending/messages/contract.ts';
import type { MessageFailure, MessageStatus, Dated } from '../src/sending/messages/lifecycle.ts';
import type { Story } from './story.ts';

/** What the run knows of its message; the database holds the same, by the same pure rules. */
export interface Progress {
  status: MessageStatus;
  attempts: number;
  providerMessageId?: string;
  failure?: Dated<MessageFailure>;
}

/** One run with all that its steps need. */
export interface Run {
  readonly input: SendMessageInput;
  readonly ref: MessageRef;
  readonly inbox: Receipt[];
  readonly progress: Progress;
  readonly story: Story;
}
