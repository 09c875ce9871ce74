/** What becomes of one call of the messages endpoint. Synchronous, so that calls are decided in order of arrival. */
import { behaviourDigits, isRefusalCounted, messageKey, planAnswer, type Acceptance } from './behaviours.ts';
import type { BehaviourStore } from './behaviour-store.ts';
import { refuse, type Refusal } from './graph-errors.ts';
import { isRecord } from './json.ts';
import type { Behaviour, ScriptedAnswer } from './settings.ts';
import { parseBody, type SendRequest } from './validation.ts';

/** `body` is undefined when the text is no JSON. */
export interface IncomingCall {
  readonly authorization: string;
  readonly contentType: string;
  readonly phoneNumberId: string;
  readonly isTooLarge: boolean;
  readonly body: unknown;
}

export type Decision =
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly refusalKey?: string }
  | { readonly kind: 'cut' }
  | { readonly kind: 'marked-read' }
  | { readonly kind: 'accepted'; readonly send: SendRequest; readonly plan: Acceptance };

/** How often each message (numbers ending in 06 and 07) has been refused already. */
export interface RefusalCounts {
  get(key: string): number;
  add(key: string): void;
}

const MAX_COUNTED_MESSAGES = 100_000;

export function createRefusalCounts(): RefusalCounts {
  const counts = new Map<string, number>();
  return {
    get: (key) => counts.get(key) ?? 0,
    add(key) {
      counts.set(key, (counts.get(key) ?? 0) + 1);
      const oldest = counts.size > MAX_COUNTED_MESSAGES ? counts.keys().next().value : undefined;
      if (oldest !== undefined) counts.delete(oldest);
    },
  };
}

/** Null when the token is there and not expired. */
export function checkToken(authorization: string, expired: Behaviour['expiredTokens']): Refusal | null {
  const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (token === undefined) return refuse(104, { details: 'Send the header Authorization: Bearer <token>.' });
  return expired === true || expired.includes(token) ? refuse(190) : null;
}

function checkTransport(call: IncomingCall): Refusal | null {
  if (call.isTooLarge) return refuse(100, { status: 413, details: 'The request body is larger than 1 MB.' });
  if (!/^application\/json\b/i.test(call.contentType)) {
    return refuse(100, { details: 'The header content-type must be application/json.' });
  }
  return call.body === undefined ? refuse(100, { details: 'The request body is not valid JSON.' }) : null;
}

const CODE_OF_STATUS: Readonly<Record<number, number>> = { 401: 190, 404: 132001, 429: 130429 };

function scriptedDecision(scripted: ScriptedAnswer): Decision {
  if (scripted.reset === true) return { kind: 'cut' };
  const { status, code, body, headers = {} } = scripted;
  if (body !== undefined) return { kind: 'refused', refusal: { status, code: code ?? null, body, headers } };
  const usualCode = CODE_OF_STATUS[status] ?? (status < 500 ? 100 : 131000);
  return { kind: 'refused', refusal: refuse(code ?? usualCode, { status, headers }) };
}

const refused = (refusal: Refusal): Decision => ({ kind: 'refused', refusal });

function decideSend(send: SendRequest, store: BehaviourStore, counts: RefusalCounts): Decision {
  const behaviour = store.current();
  if (send.templateName !== null && behaviour.templatePaused.includes(send.templateName)) {
    return refused(refuse(132015));
  }
  const digits = send.waId === null ? '' : behaviourDigits(send.waId);
  const key = isRefusalCounted(digits)
    ? messageKey(send.opaque, send.input, send.templateName ?? send.type)
    : '';
  const plan = planAnswer(digits, behaviour, key === '' ? 0 : counts.get(key));
  if (plan.kind === 'accept') {
    const isAnswerLost = plan.isAnswerLost || store.shouldDropAnswer();
    return { kind: 'accepted', send, plan: { ...plan, isAnswerLost } };
  }
  if (key === '') return refused(plan.refusal);
  counts.add(key);
  return { kind: 'refused', refusal: plan.refusal, refusalKey: key };
}

/** The recipient as the ledger shows it, also for a body that is refused. */
export function recipientOf(body: unknown): string | null {
  if (!isRecord(body)) return null;
  const { to, recipient } = body;
  if (typeof to === 'string') return to;
  return typeof recipient === 'string' ? recipient : null;
}

export function decide(
  call: IncomingCall,
  store: BehaviourStore,
  counts: RefusalCounts,
  now: number,
): Decision {
  const early = checkToken(call.authorization, store.current().expiredTokens) ?? checkTransport(call);
  if (early !== null) return refused(early);
  const scripted = store.takeScripted(recipientOf(call.body) ?? '');
  if (scripted !== null) return scriptedDecision(scripted);
  const parsed = parseBody(call.body);
  if (parsed.kind === 'invalid') return refused(refuse(parsed.code, { details: parsed.details }));
  if (parsed.kind === 'mark-read') return { kind: 'marked-read' };
  if (!store.takeSend(call.phoneNumberId, now)) return refused(refuse(130429));
  return decideSend(parsed, store, counts);
}
