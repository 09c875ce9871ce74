/**
 * The effect of a provider error on a message and on its channel, template and contact. Pure. Letters in brackets are the
 * classes in docs/provider-errors.md.
 */
export type ErrorClass =
  /** [R] Refused for a transient reason: retry with backoff. */
  | 'retry'
  /** [RL] Refused for a longer time: a retry within minutes would fail too. */
  | 'retry-later'
  /** [N] This message can never be accepted. */
  | 'message'
  /** [NT] No message of this template can be accepted until the template is corrected. */
  | 'template'
  /** [P] The number or its business account is blocked: the channel pauses. */
  | 'sender'
  /** [A] The access token is invalid or lacks permissions: the channel pauses until it has a new one. */
  | 'credentials'
  /** [T] The customer service window is closed: only a template may be sent. */
  | 'window'
  /** [M] The message must use the marketing endpoint. */
  | 'marketing-endpoint';

export const classLetters: Readonly<Record<ErrorClass, string>> = {
  retry: 'R',
  'retry-later': 'RL',
  message: 'N',
  template: 'NT',
  sender: 'P',
  credentials: 'A',
  window: 'T',
  'marketing-endpoint': 'M',
};

/** A new message in place of a failed one, for errors where Meta allows a later message but a retry now would fail. */
export interface AutomaticRetryRule {
  readonly afterMs: number;
  /** The maximum number of automatic retries in a row. */
  readonly max: number;
  /** The growth of the delay from one retry to the next; 1 by default. */
  readonly factor?: number;
  /** No retry starts later than this after the message was due. */
  readonly withinMs?: number;
}

export interface ErrorRule {
  readonly class: ErrorClass;
  readonly title: string;
  /** What to do about a message that failed with this error; a waiting message needs no action. */
  readonly advice: string;
  /** Total provider calls; by default only the message’s time to live limits them. */
  readonly maxAttempts?: number;
  /** The growth of the delay: `pair` is Meta's 4^X seconds for one recipient; the default doubles from 2 s. */
  readonly backoff?: 'pair' | 'ten-minutes' | 'minutes' | 'hour' | 'full-hour';
  readonly automaticRetry?: AutomaticRetryRule;
  /** The effect on the template: paused, disabled, or read again from the provider. */
  readonly template?: 'paused' | 'disabled' | 'resync';
  /** The rate that was exceeded. */
  readonly slows?: 'channel' | 'pair';
  /** The person has opted out of marketing. */
  readonly stopsMarketing?: true;
  /** The recipient's number is marked as suspect until a message reaches it. */
  readonly suspectsNumber?: true;
  /** The minimum pause of the channel, whatever the provider reports about its health. */
  readonly pauseMs?: number;
}
