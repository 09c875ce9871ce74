/**
 * What an error of the provider means for a message and for what stands behind it. Pure.
 * Letters in brackets: the classes of the table in docs/provider-errors.md.
 */
export type ErrorClass =
  /** [R] Not accepted for a passing reason: try again after a growing delay. */
  | 'retry'
  /** [RL] Not accepted, and a try within minutes would fail too: wait long. */
  | 'retry-later'
  /** [N] This message can never be accepted. */
  | 'message'
  /** [NT] No message of this template can be accepted until the template is mended. */
  | 'template'
  /** [P] The sender (number or business account) is blocked: its channel pauses. */
  | 'sender'
  /** [A] The access token or its rights are gone: the channel pauses until it has new ones. */
  | 'credentials'
  /** [T] The customer service window is closed: only a template may be sent. */
  | 'window'
  /** [M] The marketing endpoint has to be used. */
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

/** A new message in place of one that has failed for good: what Meta allows where a repetition now would fail too. */
export interface AutomaticRetryRule {
  readonly afterMs: number;
  /** How many automatic retries one message may have, one after the other. */
  readonly max: number;
  /** Each waits so many times longer than the one before it; without it, all wait the same. */
  readonly factor?: number;
  /** None comes later than so long after its message was to leave. */
  readonly withinMs?: number;
}

export interface ErrorRule {
  readonly class: ErrorClass;
  readonly title: string;
  /** What to do about a message that has ended with it. Nothing has to be done about one that waits. */
  readonly advice: string;
  /** Provider calls in all; without it, the message’s time to live is the bound. */
  readonly maxAttempts?: number;
  /** How the delay grows: `pair` is Meta's 4^X seconds for one recipient; the default doubles from 2 s. */
  readonly backoff?: 'pair' | 'ten-minutes' | 'minutes' | 'hour' | 'full-hour';
  readonly automaticRetry?: AutomaticRetryRule;
  /** What the template's own state becomes: held, refused, or read anew from the provider. */
  readonly template?: 'paused' | 'disabled' | 'resync';
  /** Whose rate was too high. */
  readonly slows?: 'channel' | 'pair';
  /** The person wants no marketing any more. */
  readonly stopsMarketing?: true;
  /** The number of the recipient is marked until something reaches it. */
  readonly suspectsNumber?: true;
  /** The channel stays paused for at least this long, whatever the provider's health page says. */
  readonly pauseMs?: number;
}
