import type { DispatchOutcome, WithdrawReason } from './lifecycle.ts';

/** The fields of a message that metrics need: no content, no recipient. */
export interface ObservedMessage {
  readonly timestamp: Date;
  readonly sendAt?: Date;
  /** 1 is first, 5 is last; absent: the default. */
  readonly priority?: number;
  readonly dispatch: { readonly attempt: number; readonly startedAt?: Date };
}

/** The end of a message that was not sent or whose outcome is unknown. */
export interface MessageEnd {
  readonly status: WithdrawReason;
  /** One of a few values: the class of a failure, the gate that held an expired message, the reason of a cancel. */
  readonly cause: string;
}

/** Called once for each message that ends without a provider answer or a receipt. */
export type EndObserver = (end: MessageEnd) => void;

/** Measures dispatches. Must not throw, and decides nothing. */
export interface DispatchObserver {
  /** The claim is taken and the provider call begins; `dispatch.attempt` counts from 1. */
  callBegins(message: ObservedMessage): void;
  /** The outcome is known: the provider will not be called again for this message. */
  outcomeKnown(message: ObservedMessage, outcome: DispatchOutcome): void;
}
