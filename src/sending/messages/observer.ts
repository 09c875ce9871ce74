import type { DispatchOutcome, WithdrawReason } from './lifecycle.ts';

/** What those who watch the sending need to know of a message: no content, no recipient. */
export interface ObservedMessage {
  readonly timestamp: Date;
  readonly sendAt?: Date;
  /** 1 is first, 5 is last; the default when not given. */
  readonly priority?: number;
  readonly dispatch: { readonly attempt: number; readonly startedAt?: Date };
}

/** How a message ended that was not sent, or of which nobody knows it. */
export interface MessageEnd {
  readonly status: WithdrawReason;
  /** One word of few: the class of a failure, the gate that held an expired one, why it was canceled. */
  readonly cause: string;
}

/** Told once for each message that ends in the database otherwise than by an answer or a receipt. */
export type EndObserver = (end: MessageEnd) => void;

/** Told about each dispatch, to measure it. It must not throw and decides nothing. */
export interface DispatchObserver {
  /** The claim was taken, and the provider is called now; `dispatch.attempt` counts from 1. */
  callBegins(message: ObservedMessage): void;
  /** The provider will not be called again for this message. */
  outcomeKnown(message: ObservedMessage, outcome: DispatchOutcome): void;
}
