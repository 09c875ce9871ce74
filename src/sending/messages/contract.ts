import type { GateName } from '../../openings/contract.ts';
import type {
  DispatchOutcome,
  MessageFailure,
  MessagePricing,
  MessageStatus,
  WithdrawReason,
} from './lifecycle.ts';

/** The names that the API, the workflow, the activities and operators share. Ids only: no phone, name or content. */
export const sendMessageType = 'sendMessage';
export const workflowQueue = 'crm';
export const providerQueue = 'provider';
export const receiptsSignalName = 'receiptsArrived';
/** What held the message back may have gone: it looks again. */
export const gateOpenedSignalName = 'gateOpened';
export const cancelUpdateName = 'cancelSend';
export const rescheduleUpdateName = 'reschedule';

/** The workflow of a message; computable, so that nothing ever has to search for it. */
export const workflowIdOf = (messageId: string): string => `message:${messageId}`;

/** The search attribute by which operators list failed messages: `FailureCode = '131026'`. */
export const failureCodeAttribute = 'FailureCode';

const failureTypePrefix = 'WA_';

/** The failure type of a run or of an attempt, as the Temporal UI shows it: `WA_131026`. */
export const failureTypeOf = (code: string): string => `${failureTypePrefix}${code}`;

const waitTypePrefix = 'WAIT_';

/** The failure type of an attempt that had to wait before it called anybody: `WAIT_pair`. */
export const waitTypeOf = (gate: GateName): string => `${waitTypePrefix}${gate}`;

/** Whether a failure is the product at work (the provider's word, or a wait), and no fault of the program. */
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
  /** Epoch milliseconds after which it must not leave any more. */
  readonly expiresAtMs?: number;
  /** How long one attempt may take: the provider's time-out and the database steps around it. */
  readonly attemptTimeoutMs: number;
  /** How long a single message may wait for its place and its retries. */
  readonly dispatchTtlMs: number;
  /** How long the workflow waits for receipts once the message has left. */
  readonly receiptDeadlineMs: number;
  /** How long an unknown outcome may stay open; then the message expires. Runs from before this was there lack it. */
  readonly unknownDeadlineMs?: number;
}

export interface Reschedule {
  /** Epoch milliseconds of the new time. */
  readonly sendAtMs: number;
}

/** How the workflow ended: shown as its result in the Temporal UI. A failed message fails the workflow instead. */
export interface SendMessageResult {
  readonly status: MessageStatus;
  readonly providerMessageId?: string;
  readonly attempts: number;
}

/** One delivery receipt, as the workflow and the database see it. */
export interface Receipt {
  /** The provider's word, for the history: usually equal to `status`. */
  readonly word: string;
  /** Null for a word that we do not know: kept in the history, changes nothing. */
  readonly status: 'sent' | 'delivered' | 'read' | 'failed' | null;
  readonly providerMessageId: string;
  /** When it happened by the provider's clock, in epoch milliseconds. */
  readonly timestampMs: number;
  readonly failure?: MessageFailure;
  readonly pricing?: MessagePricing;
}

/** Whether it says that the message has failed, and why. */
export const hasFailed = (
  receipt: Receipt,
): receipt is Receipt & { readonly status: 'failed'; readonly failure: MessageFailure } =>
  receipt.status === 'failed' && receipt.failure !== undefined;

/**
 * The same fact has the same key, however often and through whichever path it arrives. Two receipts of one status and
 * one second that say different things are two facts.
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
 * What the dispatch activity tells the workflow. `isRecorded` is false when the outcome is certain but could not
 * be stored; the workflow then stores it by an activity of its own, so that it cannot be lost.
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
  /** A gate is closed and may open: the workflow waits for `gateOpened`, or until `untilMs`, and asks again. */
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

/** A dispatch that Temporal has not heard of for so long is lost with its worker, and another attempt follows. */
export const heartbeatTimeoutMs = 15_000;

export interface DispatchInput extends MessageRef {
  readonly channelId: string;
}

export interface FollowFailureInput extends MessageRef {
  readonly failure: MessageFailure;
}

export interface WithdrawInput extends MessageRef {
  readonly reason: WithdrawReason;
  /** Why, when the reason is `failed`. */
  readonly failure?: MessageFailure;
}

/** What the activities of a message promise the workflow; implemented in `activities/messages.ts`. */
export interface MessageActivities {
  /** Claims the message and calls the provider at most once. Retryable provider errors are thrown. */
  dispatch(input: DispatchInput): Promise<DispatchResult>;
  recordOutcome(input: RecordOutcomeInput): Promise<void>;
  applyReceipts(input: ApplyReceiptsInput): Promise<void>;
  /** Does what the provider's final refusal asks for beside the message: its template, the person's consent, … */
  followFailure(input: FollowFailureInput): Promise<void>;
  /** Closes a message whose outcome nobody has told in time; answers the status it has then. */
  expireUnknown(input: MessageRef): Promise<MessageStatus>;
  /** Cancels or expires a message that has not left; answers the status it has then, changed or not. */
  withdraw(input: WithdrawInput): Promise<MessageStatus>;
}
