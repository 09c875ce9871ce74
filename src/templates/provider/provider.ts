import type { ChannelDoc, ChannelDirectory } from '../../channels/directory.ts';
import { AppError } from '../../platform/errors.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { parameterFormatOf } from '../content/checks/check.ts';
import { toReviewForm } from '../content/samples.ts';
import { ruleFor, type ErrorClass } from '../../whatsapp/error-classes.ts';
import type { TemplateAccount, TemplateDraft, TemplateOutcome } from '../../whatsapp/template-gateway.ts';
import type { TemplateDoc } from '../store/repository.ts';

/** An outcome in which the provider did not do it, or may not have. */
export type Failure = Exclude<TemplateOutcome<never>, { readonly kind: 'done' }>;

export const accountOf = (
  channel: ChannelDoc,
  { senderOf }: Pick<ChannelDirectory, 'senderOf'>,
): TemplateAccount => ({
  scope: scopeOf(channel.clientId),
  wabaId: channel.wabaId,
  accessToken: senderOf(channel).accessToken,
});

/** A template as the provider takes it; words in capitals are the provider's. */
export const toDraft = (template: TemplateDoc): TemplateDraft => ({
  name: template.name,
  language: template.language,
  category: (template.submittedCategory ?? template.category).toUpperCase(),
  parameterFormat: parameterFormatOf(template.components).toUpperCase(),
  components: toReviewForm(template.components),
  ...(template.messageSendTtlSeconds === undefined
    ? {}
    : { messageSendTtlSeconds: template.messageSendTtlSeconds }),
});

const notAboutTemplate: ReadonlySet<ErrorClass> = new Set(['retry', 'retry-later', 'credentials', 'sender']);

/** Whether the provider refused the template itself: asking again would not help. */
export const isVerdict = (failure: Failure): boolean =>
  failure.kind === 'refused' && !notAboutTemplate.has(ruleFor(failure.error).class);

/**
 * Why it came to nothing, in words. The provider's own where they are about the template; about credentials ours,
 * because its free text may quote the access token.
 */
export function wordsOf(failure: Failure): string {
  if (failure.kind !== 'refused') return 'The provider did not answer.';
  const { error } = failure;
  const rule = ruleFor(error);
  if (!isVerdict(failure)) return `${rule.title} (${error.code}). ${rule.advice}`;
  const words = [error.userMessage, error.detail, error.title].find(
    (text) => text !== undefined && text !== '',
  );
  return `${words ?? rule.title} (${error.subcode ?? error.code})`.slice(0, 1_024);
}

/** The failure as the caller of a route gets it. */
export function toAppError(failure: Failure): AppError {
  const words = wordsOf(failure);
  if (isAccountFull(failure)) return new AppError('template-limit-reached', words);
  if (isVerdict(failure)) {
    const errors = [{ path: 'body', message: words }];
    return new AppError('invalid-input', 'The provider refuses the template.', { errors });
  }
  const seconds = failure.kind === 'refused' ? Math.ceil((failure.retryAfterMs ?? 0) / 1_000) : 0;
  const isPassing = failure.kind !== 'refused' || passing.has(ruleFor(failure.error).class);
  return isPassing
    ? new AppError('dependency-away', words, { retryAfterSeconds: Math.max(seconds, minWaitSeconds) })
    : new AppError('wrong-state', words);
}

const passing: ReadonlySet<ErrorClass> = new Set(['retry', 'retry-later']);
const minWaitSeconds = 30;

/** The provider does not know the object: deleted there, or never made. */
export const isUnknownObject = (failure: Failure): boolean =>
  failure.kind === 'refused' && failure.error.code === 100 && failure.error.subcode === 33;

/** Nothing is wrong with the template, but the account may have no more. Meta's page has a code, its answers a subcode. */
const isAccountFull = (failure: Failure): boolean =>
  failure.kind === 'refused' && [failure.error.code, failure.error.subcode].includes(2_388_019);

/** The provider has a template of this name and language already. */
export const isTaken = (failure: Failure): boolean =>
  failure.kind === 'refused' && failure.error.subcode === 2_388_024;
