/** Checks whether Meta would accept a body: its envelope here, its content in content/. */
import { isRecord, textOrNull, scalarText, type JsonRecord } from './json.ts';
import type { InputProblem } from './content/checks.ts';
import { validateContent } from './content/validate.ts';
import type { TemplateUse } from './templates/send-check.ts';

export interface SendRequest {
  readonly kind: 'message';
  /** `to` as given, or the business-scoped user id if there is no `to`. */
  readonly input: string;
  readonly waId: string | null;
  readonly userId: string | null;
  readonly type: string;
  readonly template: TemplateUse | null;
  readonly opaque: string | null;
}

/** A read mark of a message; as Meta has it, typing is one too. */
export interface MarkRequest {
  readonly kind: 'mark-read';
  readonly messageId: string;
  readonly isTyping: boolean;
}

export type ParsedBody = SendRequest | MarkRequest | InputProblem;

const MAX_OPAQUE_LENGTH = 512;
const PHONE_PUNCTUATION = /[\s()+-]/g;
const PHONE_DIGITS = /^\d{5,15}$/;
const BUSINESS_SCOPED_USER_ID = /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/;

const problem = (code: InputProblem['code'], details: string): InputProblem => ({
  kind: 'invalid',
  code,
  details,
});

function checkEnvelope(body: JsonRecord): InputProblem | null {
  if (body['messaging_product'] !== 'whatsapp') {
    return problem(100, "The parameter messaging_product is required and must be 'whatsapp'.");
  }
  const recipientType = body['recipient_type'];
  if (recipientType !== undefined && recipientType !== 'individual' && recipientType !== 'group') {
    return problem(131009, 'recipient_type must be individual or group.');
  }
  const opaque = body['biz_opaque_callback_data'];
  if (opaque !== undefined && (typeof opaque !== 'string' || opaque.length > MAX_OPAQUE_LENGTH)) {
    return problem(
      131009,
      `biz_opaque_callback_data must be a text of at most ${MAX_OPAQUE_LENGTH} characters.`,
    );
  }
  const context = body['context'];
  if (context !== undefined && (!isRecord(context) || typeof context['message_id'] !== 'string')) {
    return problem(131009, 'context.message_id must be the id of a message.');
  }
  return null;
}

type Recipient = Pick<SendRequest, 'input' | 'waId' | 'userId'>;

function parseRecipient(body: JsonRecord): Recipient | InputProblem {
  const { to, recipient } = body;
  if (to === undefined && recipient === undefined) return problem(100, 'The parameter to is required.');
  if (to !== undefined) {
    if (typeof to !== 'string') return problem(100, 'Param to must be a string.');
    if (body['recipient_type'] === 'group') return { input: to, waId: to, userId: null };
    const waId = to.replace(PHONE_PUNCTUATION, '');
    return PHONE_DIGITS.test(waId)
      ? { input: to, waId, userId: null }
      : problem(131009, 'to is not a valid phone number.');
  }
  return typeof recipient === 'string' && BUSINESS_SCOPED_USER_ID.test(recipient)
    ? { input: recipient, waId: null, userId: recipient }
    : problem(131009, 'recipient is not a valid business-scoped user id.');
}

function parseMarkRead(body: JsonRecord): ParsedBody {
  if (body['status'] !== 'read') return problem(100, 'Param status must be one of {READ}.');
  const { message_id: messageId, typing_indicator: typing } = body;
  if (typeof messageId !== 'string' || messageId === '')
    return problem(100, 'The parameter message_id is required.');
  if (typing !== undefined && (!isRecord(typing) || typing['type'] !== 'text'))
    return problem(100, 'Param typing_indicator.type must be one of {TEXT}.');
  return { kind: 'mark-read', messageId, isTyping: typing !== undefined };
}

const PRODUCT_POLICIES = ['CLOUD_API_FALLBACK', 'STRICT'];

/** `marketing_messages` takes only templates of the category MARKETING. */
export type SendEdge = 'messages' | 'marketing_messages';

function checkMarketing(body: JsonRecord, edge: SendEdge): InputProblem | null {
  const { product_policy: policy, message_activity_sharing: sharing } = body;
  if (edge === 'messages') {
    const stray = ['product_policy', 'message_activity_sharing'].find((name) => body[name] !== undefined);
    return stray === undefined ? null : problem(100, `Unexpected key "${stray}" on param "$root".`);
  }
  if (policy !== undefined && !PRODUCT_POLICIES.includes(scalarText(policy))) {
    return problem(100, `Param product_policy must be one of {${PRODUCT_POLICIES.join(', ')}}.`);
  }
  return sharing === undefined || typeof sharing === 'boolean'
    ? null
    : problem(100, 'Param message_activity_sharing must be a boolean.');
}

function templateUse(type: unknown, body: JsonRecord): TemplateUse | null {
  const { template } = body;
  if (type !== 'template' || !isRecord(template)) return null;
  const { name, language, components } = template;
  return {
    name: textOrNull(name) ?? '',
    language: (isRecord(language) ? textOrNull(language['code']) : null) ?? '',
    components: Array.isArray(components) ? components : [],
  };
}

export function parseBody(body: unknown, edge: SendEdge = 'messages'): ParsedBody {
  if (!isRecord(body)) return problem(100, 'The request body must be a JSON object.');
  const envelopeProblem = checkEnvelope(body) ?? checkMarketing(body, edge);
  if (envelopeProblem !== null) return envelopeProblem;
  if (body['status'] !== undefined) return parseMarkRead(body);
  const recipient = parseRecipient(body);
  if ('kind' in recipient) return recipient;
  const type = body['type'] ?? 'text';
  const contentProblem = validateContent(type, body);
  if (contentProblem !== null) return contentProblem;
  return {
    kind: 'message',
    ...recipient,
    type: typeof type === 'string' ? type : 'text',
    template: templateUse(type, body),
    opaque: textOrNull(body['biz_opaque_callback_data']),
  };
}
