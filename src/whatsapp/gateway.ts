import type { ClientScope } from '../platform/mongo.ts';
import type { ProviderError } from './error-classes.ts';
import type { MessageBody } from './payload.ts';
import type { TransportFailure } from './transport-errors.ts';

/** The port to a WhatsApp provider. Outcomes are values: provider failures never throw. */
export interface Gateway extends NumberGateway {
  /** Makes exactly one call and never repeats it; none if it cannot begin in time, which is `not-reached`. */
  send(sender: Sender, body: MessageBody, limits?: CallLimits): Promise<GatewayAnswer>;
  /** Makes one call, at most `timeoutMs` long; a repetition changes nothing. */
  markRead(
    sender: Sender,
    mark: ReadMark,
    limits: CallLimits & { readonly timeoutMs: number },
  ): Promise<ReadMarkAnswer>;
  close(): Promise<void>;
}

/** Shows the contact that a message was read, and earlier ones with it. */
export interface ReadMark {
  readonly providerMessageId: string;
  /** Also that somebody types, for 25 s or until a message. */
  readonly isTyping: boolean;
}

export type ReadMarkAnswer = { readonly kind: 'marked' } | Unanswered;

/** Queries about a number; Meta counts them for the account, as it counts template calls. */
export interface NumberGateway {
  /** Reads the provider's description of the number; success also proves that the credentials work. */
  describeNumber(number: ProviderNumber): Promise<NumberAnswer>;
  /** Reads the owner of the number's account. */
  describeAccount(number: ProviderNumber): Promise<AccountAnswer>;
  /** Reads whether the account contains the number, so that both belong to the holder of the token. */
  findInAccount(number: ProviderNumber): Promise<MembershipAnswer>;
  /** Reads whether the provider accepts messages from the number. */
  checkHealth(number: ProviderNumber): Promise<HealthAnswer>;
}

/** A number with its client and account, for which its calls are counted. */
export interface ProviderNumber extends Sender {
  readonly scope: ClientScope;
  readonly wabaId: string;
}

/** Meta's raw headers about the usage of the management limits. */
export type UsageHeaders = Readonly<Partial<Record<'x-business-use-case-usage' | 'x-app-usage', string>>>;

interface Counted {
  readonly usage?: UsageHeaders;
}

export interface CallLimits {
  /** The last moment at which the first byte may leave, by `performance.now()`. */
  readonly beginByMs: number;
}

export interface Sender {
  readonly phoneNumberId: string;
  readonly accessToken: string;
  /** Meta has a separate endpoint for marketing templates; `messages` by default. */
  readonly endpoint?: 'messages' | 'marketing';
}

export type GatewayAnswer =
  /** `isHeld`: accepted, but held by Meta for a quality assessment; it must not be sent again. */
  | { readonly kind: 'accepted'; readonly providerMessageId: string; readonly isHeld: boolean }
  /** The provider refused the message. */
  | { readonly kind: 'rejected'; readonly error: RejectedError; readonly retryAfterMs?: number }
  /** Certainly not sent: no connection to the provider. */
  | ({ readonly kind: 'not-reached' } & TransportFailure)
  /** The provider may or may not have accepted the message. */
  | ({ readonly kind: 'unknown' } & TransportFailure);

/** A query without a result. */
export type Unanswered =
  /** The provider itself refused. */
  | { readonly kind: 'refused'; readonly error: RejectedError; readonly retryAfterMs?: number }
  /** No response, or a response that is not the provider's. */
  | { readonly kind: 'away'; readonly reason: string };

export type NumberAnswer = Counted &
  ({ readonly kind: 'described'; readonly number: NumberDescription } | Unanswered);

export type AccountAnswer = Counted &
  /** `portfolioId`: the business that owns the account; null if the provider does not name it. */
  ({ readonly kind: 'described'; readonly portfolioId: string | null } | Unanswered);

export type MembershipAnswer = Counted &
  ({ readonly kind: 'described'; readonly isMember: boolean } | Unanswered);

export type HealthAnswer = Counted &
  /** Messages can be sent, though perhaps fewer than usual. */
  (
    | { readonly kind: 'available' }
    | { readonly kind: 'blocked' }
    /** The response contains no health status. */
    | { readonly kind: 'silent' }
    | Unanswered
  );

export interface NumberDescription {
  /** In the provider's format: `+1 555-000-1000`. */
  readonly displayNumber: string;
  readonly verifiedName?: string;
  /** People to whom the business may start a conversation in 24 h; null for no limit. */
  readonly messagingLimit?: number | null;
  /** As the provider names it: GREEN, YELLOW, RED, UNKNOWN. */
  readonly qualityRating?: string;
  /** Messages per second that the provider accepts from the number. */
  readonly throughput?: number;
}

export interface RejectedError extends ProviderError {
  readonly title: string;
  readonly detail: string;
  /** The provider's text for users, if any. */
  readonly userMessage?: string;
}
