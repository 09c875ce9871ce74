import type { GateName } from '../../openings/contract.ts';
import type { StatusDetails } from '../../whatsapp/status-details.ts';
import type {
  DispatchOutcome,
  MessageFailure,
  MessagePricing,
  MessageStatus,
  WithdrawReason,
} from './lifecycle.ts';

/** The contract between API, workflow, activities and operators. Carries ids only: no phone, name or content. */
export const sendMessageType = 'sendMessage';
export const workflowQueue = 'crm';
export const providerQueue = 'provider';
export const receiptsSignalName = 'receiptsArrived';
/** A gate may have opened: the message judges its gates again. */
export const gateOpenedSignalName = 'gateOpened';
export const cancelUpdateName = 'cancelSend';
export const rescheduleUpdateName = 'reschedule';

/** The workflow id of a message; computed, so it never has to be looked up. */
export const workflowIdOf = (messageId: string): string => `message:${messageId}`;

/** The search attribute by which operators list failed messages: `FailureCode = '131026'`. */
export const failureCodeAttribute = 'FailureCode';

const failureTypePrefix = 'WA_';

/** The failure type of a run or of an attempt, as the Temporal UI shows it: `WA_131026`. */
export const failureTypeOf = (code: string): string => `${failureTypePrefix}${code}`;

const waitTypePrefix = 'WAIT_';

/** The failure type of an attempt that had to wait before its provider call: `WAIT_pair`. */
export const waitTypeOf = (gate: GateName): string => `${waitTypePrefix}${gate}`;

/** Whether a failure is part of normal operation (a provider error or a wait), as opposed to a bug. */
export const isMessageFailureType = (type: string): boolean =>
  type.startsWith(failureTypePrefix) || type.startsWith(waitTypePrefix);

export interface SendMessageInput {
  /** Version of this input's shape. */
  readonly v: 1;
  readonly clientId: string;
  readonly channelId: string;
  readonly messageId: string;
  /** Epoch milliseconds before which the message must not leave. */
  readonly sendAtMs?: number;
  /** Epoch milliseconds from which on the message must not leave. */
  readonly expiresAtMs?: number;
  /** Time-out of one attempt: the provider's time-out plus the database steps around it. */
  readonly attemptTimeoutMs: number;
  /** The longest wait for gates, rate limits and retries. */
  readonly dispatchTtlMs: number;
  /** The longest wait for receipts after the message has left. */
  readonly receiptDeadlineMs: number;
  /** The longest time with an unknown outcome before the message expires. Missing in runs that predate the field. */
  readonly unknownDeadlineMs?: number;
}

export interface Reschedule {
  /** Epoch milliseconds of the new time. */
  readonly sendAtMs: number;
}

/** The workflow's result, as shown in the Temporal UI. A failed message fails the workflow instead. */
export interface SendMessageResult {
  readonly status: MessageStatus;
  readonly providerMessageId?: string;
  readonly attempts: number;
}

/** A delivery receipt, as the workflow and the database use it. */
export interface Receipt {
  /** The provider's own status word, kept for the history; usually equal to `status`. */
  readonly word: string;
  /** Null if the word is not recognised: kept in the history, no other effect. */
  readonly status: 'sent' | 'delivered' | 'read' | 'failed' | null;
  readonly providerMessageId: string;
  /** Time of the event by the provider's clock, in epoch milliseconds. */
  readonly timestampMs: number;
  readonly failure?: MessageFailure;
  readonly pricing?: MessagePricing;
  /** What else the provider said, for the history. */
  readonly details?: StatusDetails;
}

/** Whether the receipt reports a failure, with its reason. */
export const hasFailed = (
  receipt: Receipt,
): receipt is Receipt & { readonly status: 'failed'; readonly failure: MessageFailure } =>
  receipt.status === 'failed' && receipt.failure !== undefined;

/**
 * Identifies the event that a receipt reports: repetitions have the same key, through whichever path they arrive. Two
 * receipts with the same status and second but different contents are two events.
 */
export const receiptKey = ({ providerMessageId, word, timestampMs, failure, pricing }: Receipt): string =>
  [
    providerMessageId,
    word,
    timestampMs,
    ...(failure === undefined ? [] : [failure.code, failure.detail]),
    ...(pricing === undefined ? [] : [pricing.category, pricing.type, pricing.model]),
  ].join(':');

export interface ReceiptsArrived {
  readonly receipts: readonly Receipt[];
}

export interface MessageRef {
  readonly clientId: string;
  readonly messageId: string;
}

/**
 * The result of the dispatch activity. `isRecorded` is false if the outcome is known but could not be stored; the
 * workflow then stores it by another activity, so that it cannot be lost.
 */
export type DispatchResult =
  | {
      readonly kind: 'dispatched';
      readonly outcome: DispatchOutcome;
      readonly attempt: number;
      readonly isRecorded: boolean;
    }
  | {
      readonly kind: 'settled';
      readonly status: MessageStatus;
      readonly attempt: number;
      readonly providerMessageId?: string;
      readonly failure?: MessageFailure;
    }
  /** A closed gate may open: the workflow waits for `gateOpened`, or until `untilMs`, and dispatches again. */
  | {
      readonly kind: 'held';
      readonly gate: GateName;
      readonly reason: string;
      readonly untilMs?: number;
      readonly attempt: number;
    };

export interface RecordOutcomeInput extends MessageRef {
  readonly outcome: DispatchOutcome;
  readonly attempt: number;
}

export interface ApplyReceiptsInput extends MessageRef {
  readonly receipts: readonly Receipt[];
}

/** After this long without a heartbeat Temporal considers the worker lost and retries the dispatch. */
export const heartbeatTimeoutMs = 15_000;

export interface DispatchInput extends MessageRef {
  readonly channelId: string;
}

export interface FollowFailureInput extends MessageRef {
  readonly failure: MessageFailure;
}

export interface WithdrawInput extends MessageRef {
  readonly reason: WithdrawReason;
  /** Set if the reason is `failed`. */
  readonly failure?: MessageFailure;
}

/** The activities of a message's workflow; implemented in `activities/messages.ts`. */
export interface MessageActivities {
  /** Claims the message and calls the provider at most once. Retryable provider errors are thrown. */
  dispatch(input: DispatchInput): Promise<DispatchResult>;
  recordOutcome(input: RecordOutcomeInput): Promise<void>;
  applyReceipts(input: ApplyReceiptsInput): Promise<void>;
  /** Applies the effects of a permanent failure beyond the message: on its template, the contact's consent, … */
  followFailure(input: FollowFailureInput): Promise<void>;
  /** Expires a message whose outcome is still unknown at its deadline; returns its status after that. */
  expireUnknown(input: MessageRef): Promise<MessageStatus>;
  /** Cancels, expires or fails a message that has not left; returns its status after that, changed or not. */
  withdraw(input: WithdrawInput): Promise<MessageStatus>;
}
