import type { ChannelDoc, ChannelDirectory } from '../../channels/directory.ts';
import { AppError } from '../../platform/errors.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { parameterFormatOf } from '../content/checks/check.ts';
import { toReviewForm } from '../content/samples.ts';
import { ruleFor, type ErrorClass } from '../../whatsapp/error-classes.ts';
import type { TemplateAccount, TemplateDraft, TemplateOutcome } from '../../whatsapp/template-gateway.ts';
import type { TemplateDoc } from '../store/repository.ts';

/** An outcome other than success; the call may have taken effect nevertheless. */
export type Failure = Exclude<TemplateOutcome<never>, { readonly kind: 'done' }>;

export const accountOf = (
  channel: ChannelDoc,
  { senderOf }: Pick<ChannelDirectory, 'senderOf'>,
): TemplateAccount => ({
  scope: scopeOf(channel.clientId),
  wabaId: channel.wabaId,
  accessToken: senderOf(channel).accessToken,
});

/** A template in the form of the provider, which writes its enum values in capitals. */
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

/** Whether the provider refused the template itself, so that a retry is useless. */
export const isTemplateRefusal = (failure: Failure): boolean =>
  failure.kind === 'refused' && !notAboutTemplate.has(ruleFor(failure.error).class);

/**
 * A readable reason. Uses the provider's text only if the failure concerns the template: for credentials it may quote
 * the access token.
 */
export function failureText(failure: Failure): string {
  if (failure.kind !== 'refused') return 'The provider did not answer.';
  const { error } = failure;
  const rule = ruleFor(error);
  if (!isTemplateRefusal(failure)) return `${rule.title} (${error.code}). ${rule.advice}`;
  const reason = [error.userMessage, error.detail, error.title].find(
    (text) => text !== undefined && text !== '',
  );
  return `${reason ?? rule.title} (${error.subcode ?? error.code})`.slice(0, 1_024);
}

/** The failure as the error of a route. */
export function toAppError(failure: Failure): AppError {
  const reason = failureText(failure);
  if (isAccountFull(failure)) return new AppError('template-limit-reached', reason);
  if (isTemplateRefusal(failure)) {
    const errors = [{ path: 'body', message: reason }];
    return new AppError('invalid-input', 'The provider refused the template.', { errors });
  }
  const seconds = failure.kind === 'refused' ? Math.ceil((failure.retryAfterMs ?? 0) / 1_000) : 0;
  const isTransient = failure.kind !== 'refused' || transient.has(ruleFor(failure.error).class);
  return isTransient
    ? new AppError('dependency-away', reason, { retryAfterSeconds: Math.max(seconds, minWaitSeconds) })
    : new AppError('wrong-state', reason);
}

const transient: ReadonlySet<ErrorClass> = new Set(['retry', 'retry-later']);
const minWaitSeconds = 30;

/** The provider does not have the object: it was deleted or never created. */
export const isUnknownObject = (failure: Failure): boolean =>
  failure.kind === 'refused' && failure.error.code === 100 && failure.error.subcode === 33;

/** The account has reached its limit. Meta documents the value as a code, but sends it as a subcode. */
const isAccountFull = (failure: Failure): boolean =>
  failure.kind === 'refused' && [failure.error.code, failure.error.subcode].includes(2_388_019);

/** The provider already has a template with this name and language. */
export const isTaken = (failure: Failure): boolean =>
  failure.kind === 'refused' && failure.error.subcode === 2_388_024;
