/** Decides a call of the messages endpoint. Synchronous, so that calls are decided in order of arrival. */
import {
  behaviourDigits,
  failureReceipts,
  isRefusalCounted,
  messageKey,
  planAnswer,
  type Acceptance,
} from './behaviours.ts';
import { checkAccess } from './access.ts';
import type { BehaviourStore } from './behaviour-store.ts';
import { refuse, type Refusal } from './graph-errors.ts';
import { isRecord } from './json.ts';
import { wabaIdOf } from './payloads.ts';
import type { ScriptedAnswer } from './scripts.ts';
import type { Behaviour, Category } from './settings.ts';
import { fitProblem, stateProblem, type SendProblem } from './templates/send-check.ts';
import type { TemplateStore } from './templates/store.ts';
import { parseBody, type SendEdge, type SendRequest } from './validation.ts';

/** `body` is undefined if the text is not JSON. */
export interface IncomingCall {
  readonly edge: SendEdge;
  readonly authorization: string;
  readonly contentType: string;
  /** Unix milliseconds of its arrival. */
  readonly at: number;
  readonly phoneNumberId: string;
  readonly isTooLarge: boolean;
  readonly body: unknown;
}

export type Decision =
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly refusalKey?: string }
  | { readonly kind: 'cut' }
  | { readonly kind: 'marked-read'; readonly messageId: string; readonly isTyping: boolean }
  | {
      readonly kind: 'accepted';
      readonly send: SendRequest;
      readonly plan: Acceptance;
      /** Of the stored template; null if the account does not have it, or for other messages. */
      readonly category: Category | null;
    };

export interface DecideDeps {
  readonly store: BehaviourStore;
  readonly templates: TemplateStore;
  readonly counts: RefusalCounts;
}

/** Refusals of each message so far, for numbers ending in 06 and 07. */
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

/** Null if the token is present and not expired. */
export function checkToken(authorization: string, expired: Behaviour['expiredTokens']): Refusal | null {
  const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (token === undefined) return refuse(104, { details: 'Send the header Authorization: Bearer <token>.' });
  return expired === true || expired.includes(token) ? refuse(190) : null;
}

function checkTransport(call: IncomingCall): Refusal | null {
  if (call.isTooLarge) return refuse(100, { status: 413, details: 'The request body is larger than 1 MB.' });
  if (!/^application\/(?:json|x-www-form-urlencoded)\b/i.test(call.contentType)) {
    return refuse(100, { details: 'The header content-type must be application/json.' });
  }
  return call.body === undefined ? refuse(100, { details: 'The request body is not valid JSON.' }) : null;
}

const CODE_OF_STATUS: Readonly<Record<number, number>> = { 401: 190, 404: 132001, 429: 130429 };

function scriptedDecision(scripted: ScriptedAnswer): Decision {
  if (scripted.reset === true) return { kind: 'cut' };
  const { status, code, subcode, details, body, headers = {} } = scripted;
  if (body !== undefined) return refused({ status, code: code ?? null, body, headers });
  const defaultCode = CODE_OF_STATUS[status] ?? (status < 500 ? 100 : 131000);
  const changes = {
    status,
    headers,
    ...(subcode === undefined ? {} : { subcode }),
    ...(details === undefined ? {} : { details }),
  };
  return refused(refuse(code ?? defaultCode, changes));
}

const refused = (refusal: Refusal): Decision => ({ kind: 'refused', refusal });

interface Judged {
  readonly problem: SendProblem | null;
  readonly category: Category | null;
}

/** Checks a send against its template, the account and the endpoint. */
function judgeTemplate(send: SendRequest, call: IncomingCall, { store, templates }: DecideDeps): Judged {
  const { numbers, templatePaused, checkTemplates, marketingOff } = store.current();
  const isMarketingEdge = call.edge === 'marketing_messages';
  if (send.template === null) {
    return { problem: isMarketingEdge ? { code: 131055 } : null, category: null };
  }
  const wabaId = wabaIdOf(call.phoneNumberId, numbers);
  const { name, language } = send.template;
  const template = templates.find(wabaId, name, language);
  const category = template?.category ?? null;
  const isOff = marketingOff.includes(wabaId) || marketingOff.includes(call.phoneNumberId);
  if (templatePaused.includes(name)) return { problem: { code: 132015 }, category };
  if (isMarketingEdge && category !== null && category !== 'MARKETING') {
    return { problem: { code: 134100 }, category };
  }
  if (!isMarketingEdge && isOff && category === 'MARKETING') return { problem: { code: 131063 }, category };
  const problem = checkTemplates
    ? fitProblem(template, send.template)
    : template === null
      ? null
      : stateProblem(template);
  return { problem, category };
}

function plannedAcceptance(plan: Acceptance, send: SendRequest, store: BehaviourStore): Acceptance {
  const failure = store.takeFailure(send.input);
  return {
    ...plan,
    isAnswerLost: plan.isAnswerLost || store.shouldDropAnswer(),
    receipts: failure === null ? plan.receipts : failureReceipts(failure, store.current().receiptDelays),
  };
}

function decideSend(send: SendRequest, call: IncomingCall, deps: DecideDeps): Decision {
  const { store, counts } = deps;
  const { problem, category } = judgeTemplate(send, call, deps);
  if (problem !== null) {
    const { code, details } = problem;
    return refused(refuse(code, details === undefined ? {} : { details }));
  }
  const digits = send.waId === null ? '' : behaviourDigits(send.waId);
  const key = isRefusalCounted(digits)
    ? messageKey(send.opaque, send.input, send.template?.name ?? send.type)
    : '';
  const plan = planAnswer(digits, store.current(), key === '' ? 0 : counts.get(key));
  if (plan.kind === 'accept') {
    const isWithinPair = store.takePair(call.phoneNumberId, send.waId ?? send.input, call.at);
    return isWithinPair
      ? { kind: 'accepted', send, plan: plannedAcceptance(plan, send, store), category }
      : refused(refuse(131056));
  }
  if (key === '') return refused(plan.refusal);
  counts.add(key);
  return { kind: 'refused', refusal: plan.refusal, refusalKey: key };
}

/** The recipient in the ledger, also for refused bodies. */
export function recipientOf(body: unknown): string | null {
  if (!isRecord(body)) return null;
  const { to, recipient } = body;
  if (typeof to === 'string') return to;
  return typeof recipient === 'string' ? recipient : null;
}

export function decide(call: IncomingCall, deps: DecideDeps): Decision {
  const { store } = deps;
  const behaviour = store.current();
  const { expiredTokens, senderErrors } = behaviour;
  const early =
    checkToken(call.authorization, expiredTokens) ??
    checkAccess(call.authorization, call.phoneNumberId, behaviour) ??
    checkTransport(call);
  if (early !== null) return refused(early);
  const scripted = store.takeScripted(recipientOf(call.body) ?? '');
  if (scripted !== null) return scriptedDecision(scripted);
  const parsed = parseBody(call.body, call.edge);
  if (parsed.kind === 'invalid') return refused(refuse(parsed.code, { details: parsed.details }));
  const senderError = senderErrors[call.phoneNumberId];
  if (senderError !== undefined) return refused(refuse(senderError));
  if (parsed.kind === 'mark-read') return { ...parsed, kind: 'marked-read' };
  if (!store.takeSend(call.phoneNumberId, call.at)) return refused(refuse(130429, { status: 429 }));
  return decideSend(parsed, call, deps);
}
