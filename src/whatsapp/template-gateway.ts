import type { ClientScope } from '../platform/mongo.ts';
import type { RejectedError, UsageHeaders } from './gateway.ts';

/** The port to a provider's template management. Outcomes are values: provider failures never throw. */
export interface TemplateGateway {
  /** All templates of the account, or those of one name. */
  list(account: TemplateAccount, name?: string): Promise<TemplateOutcome<ProviderTemplateList>>;
  get(account: TemplateAccount, providerTemplateId: string): Promise<TemplateOutcome<ProviderTemplate>>;
  create(account: TemplateAccount, draft: TemplateDraft): Promise<TemplateOutcome<CreatedTemplate>>;
  /** Replaces all components. */
  edit(
    account: TemplateAccount,
    providerTemplateId: string,
    change: TemplateEdit,
  ): Promise<TemplateOutcome<EditedTemplate>>;
  /** Ends a pause by pacing, which the provider does not end on its own. */
  unpause(account: TemplateAccount, providerTemplateId: string): Promise<TemplateOutcome<UnpauseAnswer>>;
  /** Deletes one language, or all languages if only the name is given. */
  delete(account: TemplateAccount, which: TemplateName): Promise<TemplateOutcome<null>>;
  close(): Promise<void>;
}

export interface TemplateAccount {
  /** The client of the account, for which the calls are counted. */
  readonly scope: ClientScope;
  readonly wabaId: string;
  readonly accessToken: string;
}

export type TemplateOutcome<Value> = (
  | { readonly kind: 'done'; readonly value: Value }
  /** The provider refused. */
  | { readonly kind: 'refused'; readonly error: RejectedError; readonly retryAfterMs?: number }
  /** Certainly not done: no connection to the provider, or something before it answered. */
  | { readonly kind: 'not-reached'; readonly reason: string }
  /** The change may or may not have been made. */
  | { readonly kind: 'unknown'; readonly reason: string }
) & {
  /** From the last response. */
  readonly usage?: UsageHeaders;
};

export interface ProviderTemplateList {
  readonly templates: readonly ProviderTemplate[];
  /** The number of unreadable entries; a missing template may be one of them. */
  readonly unreadable: number;
}

/** A template with the provider's own values. */
export interface ProviderTemplate {
  readonly id: string;
  readonly name: string;
  readonly language: string;
  readonly status: string;
  readonly category: string;
  readonly components: readonly unknown[];
  readonly parameterFormat?: string;
  readonly qualityScore?: string;
  readonly rejectedReason?: string;
  readonly messageSendTtlSeconds?: number;
}

export interface TemplateDraft {
  readonly name: string;
  readonly language: string;
  readonly category: string;
  readonly parameterFormat: string;
  readonly components: readonly object[];
  readonly messageSendTtlSeconds?: number;
}

export type CreatedTemplate = Pick<ProviderTemplate, 'id' | 'status' | 'category'>;

export interface TemplateEdit {
  readonly category?: string;
  readonly components?: readonly object[];
  readonly messageSendTtlSeconds?: number;
}

export interface EditedTemplate {
  /** Present only if the provider has changed the category. */
  readonly category?: string;
}

export type UnpauseAnswer =
  | { readonly isUnpaused: true }
  /** The template stays paused; `reason` is the provider's, if any. */
  | { readonly isUnpaused: false; readonly reason: string | null };

export interface TemplateName {
  readonly name: string;
  readonly providerTemplateId?: string;
}
