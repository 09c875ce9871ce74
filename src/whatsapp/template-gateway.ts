import type { ClientScope } from '../platform/mongo.ts';
import type { RejectedError, UsageHeaders } from './gateway.ts';

/** The port to a provider's template management. Outcomes are values: it never throws for what a provider does. */
export interface TemplateGateway {
  /** All templates of the account, page by page to the end; or those of one name. */
  list(account: TemplateAccount, name?: string): Promise<TemplateOutcome<ProviderTemplateList>>;
  get(account: TemplateAccount, providerTemplateId: string): Promise<TemplateOutcome<ProviderTemplate>>;
  create(account: TemplateAccount, draft: TemplateDraft): Promise<TemplateOutcome<CreatedTemplate>>;
  /** Replaces all components. */
  edit(
    account: TemplateAccount,
    providerTemplateId: string,
    change: TemplateEdit,
  ): Promise<TemplateOutcome<EditedTemplate>>;
  /** Ends a pause that the provider does not end by itself: that of a template paused by pacing. */
  unpause(account: TemplateAccount, providerTemplateId: string): Promise<TemplateOutcome<UnpauseAnswer>>;
  /** Deletes one language, or with the name alone all of them. */
  delete(account: TemplateAccount, which: TemplateName): Promise<TemplateOutcome<null>>;
  close(): Promise<void>;
}

export interface TemplateAccount {
  /** Whose account it is: the calls are counted for it. */
  readonly scope: ClientScope;
  readonly wabaId: string;
  readonly accessToken: string;
}

export type TemplateOutcome<Value> = (
  | { readonly kind: 'done'; readonly value: Value }
  /** The provider answered that it did not do it. */
  | { readonly kind: 'refused'; readonly error: RejectedError; readonly retryAfterMs?: number }
  /** Certainly not done: no connection could be made. */
  | { readonly kind: 'not-reached'; readonly reason: string }
  /** It may have been done; nobody can tell. */
  | { readonly kind: 'unknown'; readonly reason: string }
) & {
  /** Of the last answer. */
  readonly usage?: UsageHeaders;
};

export interface ProviderTemplateList {
  readonly templates: readonly ProviderTemplate[];
  /** Entries that could not be read: what is missing may be among them. */
  readonly unreadable: number;
}

/** A template in the provider's own words. */
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
  /** Only where the provider has put it into another one. */
  readonly category?: string;
}

export type UnpauseAnswer =
  | { readonly isUnpaused: true }
  /** The provider leaves it paused, and perhaps says why. */
  | { readonly isUnpaused: false; readonly reason: string | null };

export interface TemplateName {
  readonly name: string;
  readonly providerTemplateId?: string;
}
