/** The routes under /sandbox, by which a developer or a test sets the stage and looks behind it. */
import type { BehaviourStore } from './behaviour-store.ts';
import type { HttpAnswer } from './graph-api.ts';
import { createInboundWamid } from './identifiers.ts';
import { inboundValue, parseInbound } from './inbound.ts';
import { isRecord, textOrNull } from './json.ts';
import type { Ledger } from './ledger.ts';
import { envelope, wabaIdOf } from './payloads.ts';
import type { ReceiptSender } from './receipts.ts';
import { SettingError } from './settings.ts';
import { encodeLikeMeta } from './signature.ts';
import type { SignatureKind, Webhook } from './webhook.ts';

export interface ControlDeps {
  readonly store: BehaviourStore;
  readonly ledger: Ledger;
  readonly receipts: ReceiptSender;
  readonly webhook: Webhook;
}

export interface ControlCall {
  readonly query: URLSearchParams;
  readonly body: unknown;
}

type Handler = (call: ControlCall) => HttpAnswer | Promise<HttpAnswer>;

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1_000;

const ok = (body: unknown): HttpAnswer => ({ status: 200, body });

function wholeNumber(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null || text === '') return fallback;
  if (!/^\d{1,12}$/.test(text)) throw new SettingError(name, 'must be a whole number');
  return Number(text);
}

async function showLedger(ledger: Ledger, query: URLSearchParams): Promise<HttpAnswer> {
  const limit = wholeNumber(query, 'limit', DEFAULT_PAGE);
  if (limit < 1 || limit > MAX_PAGE) throw new SettingError('limit', `must be from 1 to ${MAX_PAGE}`);
  return ok(await ledger.page(wholeNumber(query, 'cursor', 0), limit));
}

async function playContact({ store, webhook }: ControlDeps, body: unknown): Promise<HttpAnswer> {
  const request = parseInbound(body);
  const { numbers } = store.current();
  const wamid = request.wamid ?? createInboundWamid(request.from ?? request.userId ?? '');
  const value = inboundValue(request, { wamid, now: Date.now(), numbers });
  const entry = { id: wabaIdOf(request.phoneNumberId, numbers), changes: [{ value, field: 'messages' }] };
  const answer = await webhook.post(encodeLikeMeta(envelope([entry])));
  return ok({ wamid, webhookStatus: answer.status });
}

function signatureKind(value: unknown): SignatureKind {
  if (value === undefined) return 'valid';
  if (value === 'valid' || value === 'invalid' || value === 'none') return value;
  throw new SettingError('signature', 'must be valid, invalid or none');
}

/** Sends what the caller wrote: raw bytes, or a `value` in an envelope. Once, without retries. */
async function sendRaw({ webhook }: ControlDeps, body: unknown): Promise<HttpAnswer> {
  if (!isRecord(body)) throw new SettingError('body', 'must be an object');
  const rawBody = textOrNull(body['rawBody']);
  if (rawBody === null && body['value'] === undefined)
    throw new SettingError('value', 'or rawBody is required');
  const id = textOrNull(body['wabaId']) ?? '0';
  const changes = [{ value: body['value'], field: textOrNull(body['field']) ?? 'messages' }];
  const bytes = rawBody === null ? encodeLikeMeta(envelope([{ id, changes }])) : Buffer.from(rawBody);
  const answer = await webhook.post(bytes, signatureKind(body['signature']));
  return ok({ webhookStatus: answer.status, answer: answer.text });
}

function createHandlers(deps: ControlDeps): ReadonlyMap<string, Handler> {
  const { store, ledger, receipts, webhook } = deps;
  return new Map<string, Handler>([
    ['GET /sandbox/health', () => ok({ status: 'ok' })],
    ['GET /sandbox/behaviour', () => ok(store.current())],
    ['PUT /sandbox/behaviour', ({ body }) => ok(store.patch(body))],
    ['DELETE /sandbox/behaviour', () => ok(store.reset())],
    ['GET /sandbox/ledger', ({ query }) => showLedger(ledger, query)],
    ['GET /sandbox/stats', () => ok({ calls: ledger.size(), receipts: receipts.counts() })],
    ['POST /sandbox/inbound', ({ body }) => playContact(deps, body)],
    ['POST /sandbox/webhook', ({ body }) => sendRaw(deps, body)],
    ['POST /sandbox/verify', async () => ok(await webhook.verify())],
  ]);
}

export function createControl(deps: ControlDeps) {
  const handlers = createHandlers(deps);

  return async function handleControl(route: string, call: ControlCall): Promise<HttpAnswer> {
    const handler = handlers.get(route);
    if (handler === undefined) return { status: 404, body: { error: { message: `there is no ${route}` } } };
    try {
      return await handler(call);
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
      return { status: 400, body: { error: { message: error.message, field: error.field } } };
    }
  };
}
