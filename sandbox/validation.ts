/** Whether a body is one that Meta would take. Light: shapes and the limits that callers get wrong most. */
import { isRecord, textOrNull, type JsonRecord } from './json.ts';
import { validateContent, type InputProblem } from './content-validation.ts';

export interface SendRequest {
  readonly kind: 'message';
  /** `to` as it was given, or the business-scoped user id when there is no `to`. */
  readonly input: string;
  readonly waId: string | null;
  readonly userId: string | null;
  readonly type: string;
  readonly templateName: string | null;
  readonly opaque: string | null;
}

export type ParsedBody = SendRequest | { readonly kind: 'mark-read' } | InputProblem;

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
  return typeof body['message_id'] === 'string' && body['message_id'] !== ''
    ? { kind: 'mark-read' }
    : problem(100, 'The parameter message_id is required.');
}

export function parseBody(body: unknown): ParsedBody {
  if (!isRecord(body)) return problem(100, 'The request body must be a JSON object.');
  const envelopeProblem = checkEnvelope(body);
  if (envelopeProblem !== null) return envelopeProblem;
  if (body['status'] !== undefined) return parseMarkRead(body);
  const recipient = parseRecipient(body);
  if ('kind' in recipient) return recipient;
  const type = body['type'] ?? 'text';
  const contentProblem = validateContent(type, body);
  if (contentProblem !== null) return contentProblem;
  const template = body['template'];
  return {
    kind: 'message',
    ...recipient,
    type: typeof type === 'string' ? type : 'text',
    templateName: type === 'template' && isRecord(template) ? textOrNull(template['name']) : null,
    opaque: textOrNull(body['biz_opaque_callback_data']),
  };
}
