import type { MessageRef, Receipt, SendMessageInput } from '../src/sending/messages/contract.ts';
import type { MessageFailure, MessageStatus, Dated } from '../src/sending/messages/lifecycle.ts';
import type { Story } from './story.ts';

/** The run's copy of the message's state. The database holds the same, by the same pure rules. */
export interface Progress {
  status: MessageStatus;
  attempts: number;
  providerMessageId?: string;
  failure?: Dated<MessageFailure>;
}

/** `read`; `failed, 131026 Message undeliverable`. */
export const describeProgress = ({ status, failure }: Progress): string =>
  failure === undefined || (status !== 'failed' && status !== 'canceled')
    ? status
    : `${status}, ${failure.code} ${failure.title}`;

/** The state that the steps of one run share. */
export interface Run {
  readonly input: SendMessageInput;
  readonly ref: MessageRef;
  readonly inbox: Receipt[];
  readonly progress: Progress;
  readonly story: Story;
}
