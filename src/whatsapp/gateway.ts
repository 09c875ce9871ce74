import type { ClientScope } from '../platform/mongo.ts';
import type { ProviderError } from './error-classes.ts';
import type { MessageBody } from './payload.ts';

/** The port to a WhatsApp provider. Outcomes are values: it never throws for anything that a provider does. */
export interface Gateway extends NumberGateway {
  /** Makes exactly one call; never repeats it, whatever happens. */
  send(sender: Sender, body: MessageBody): Promise<GatewayAnswer>;
  close(): Promise<void>;
}

/** Questions about a number, which Meta counts for its account as it counts calls for templates. */
export interface NumberGateway {
  /** Asks what the provider knows of the number; proves on the way that the credentials work. */
  describeNumber(number: ProviderNumber): Promise<NumberAnswer>;
  /** Asks whose the number's account is. */
  describeAccount(number: ProviderNumber): Promise<AccountAnswer>;
  /** Asks whether the provider would take messages of the number. */
  checkHealth(number: ProviderNumber): Promise<HealthAnswer>;
}

/** A number with whose account it is: its calls are counted for that. */
export interface ProviderNumber extends Sender {
  readonly scope: ClientScope;
  readonly wabaId: string;
}

/** Meta's words on how much of the management limits is used, as they are. */
export type UsageHeaders = Readonly<Partial<Record<'x-business-use-case-usage' | 'x-app-usage', string>>>;

interface Counted {
  readonly usage?: UsageHeaders;
}

export interface Sender {
  readonly phoneNumberId: string;
  readonly accessToken: string;
  /** Where messages go; Meta has an endpoint of its own for marketing templates. */
  readonly endpoint?: 'messages' | 'marketing';
}

export type GatewayAnswer =
  /** `isHeld`: accepted, but Meta holds it for a quality assessment; it must not be sent again. */
  | { readonly kind: 'accepted'; readonly providerMessageId: string; readonly isHeld: boolean }
  /** The provider answered that it did not take the message. */
  | { readonly kind: 'rejected'; readonly error: RejectedError; readonly retryAfterMs?: number }
  /** Nothing was written to the provider: no connection could be made. */
  | { readonly kind: 'not-reached'; readonly reason: string }
  /** The request may have been taken; nobody can tell. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** The question led to no answer. */
export type Unanswered =
  /** The provider itself said no. */
  | { readonly kind: 'refused'; readonly error: RejectedError; readonly retryAfterMs?: number }
  /** Nobody answered, or something on the way to the provider did. */
  | { readonly kind: 'away'; readonly reason: string };

export type NumberAnswer = Counted &
  ({ readonly kind: 'described'; readonly number: NumberDescription } | Unanswered);

export type AccountAnswer = Counted &
  /** `portfolioId`: the business that owns the account; null when the provider does not tell it. */
  ({ readonly kind: 'described'; readonly portfolioId: string | null } | Unanswered);

export type HealthAnswer = Counted &
  /** Messages can be sent, though perhaps fewer than usual. */
  (
    | { readonly kind: 'available' }
    | { readonly kind: 'blocked' }
    /** The provider answered, and said nothing of health. */
    | { readonly kind: 'silent' }
    | Unanswered
  );

export interface NumberDescription {
  /** As the provider writes it: `+1 555-000-1000`. */
  readonly displayNumber: string;
  readonly verifiedName?: string;
  /** People whom the business may begin to write to in 24 h; null: without limit. */
  readonly messagingLimit?: number | null;
  /** The provider's word: GREEN, YELLOW, RED, UNKNOWN. */
  readonly qualityRating?: string;
  /** Messages per second that the provider takes of it. */
  readonly throughput?: number;
}

export interface RejectedError extends ProviderError {
  readonly title: string;
  readonly detail: string;
  /** The provider's words for a person, where it has some. */
  readonly userMessage?: string;
}
