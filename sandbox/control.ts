/** The routes under /sandbox, which control and inspect the sandbox. */
import type { HttpAnswer } from './graph-api.ts';
import type { AccountEvents } from './account-events.ts';
import type { Crowds } from './crowd.ts';
import { isRecord, textOrNull } from './json.ts';
import type { Ledger } from './ledger.ts';
import { envelope, messagesValue, wabaIdOf } from './payloads.ts';
import { playMessage, playTap, type PlayDeps } from './play.ts';
import type { ReceiptSender } from './receipts.ts';
import { asRecord, asText, asWhole, fail, rejectUnknown, SettingError } from './setting-readers.ts';
import { encodeLikeMeta } from './signature.ts';
import { controlTemplate } from './templates/control.ts';
import type { SignatureKind } from './webhook.ts';

export interface ControlDeps extends PlayDeps {
  readonly receipts: ReceiptSender;
  readonly events: AccountEvents;
  readonly crowds: Crowds;
}

export interface ControlCall {
  /** The address under which the sandbox was called. */
  readonly origin: string;
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

/** Fields whose value names the number, as in a message. */
const NUMBER_FIELDS = new Set(['user_preferences', 'user_id_update']);

/** Sends any webhook about an account or a number once, without retries. */
async function sendEvent({ store, events }: ControlDeps, body: unknown): Promise<HttpAnswer> {
  const given = asRecord(body, 'body');
  rejectUnknown(given, ['wabaId', 'phoneNumberId', 'field', 'value', 'time']);
  const field = asText(given['field'], 'field');
  if (!/^[a-z_]{1,64}$/.test(field)) fail('field', 'must be the name of a webhook field');
  const value = asRecord(given['value'], 'value');
  const { numbers } = store.current();
  const phoneNumberId = textOrNull(given['phoneNumberId']);
  const wabaId =
    textOrNull(given['wabaId']) ?? (phoneNumberId === null ? null : wabaIdOf(phoneNumberId, numbers));
  if (wabaId === null) return fail('wabaId', 'or phoneNumberId is required');
  const isOfNumber = phoneNumberId !== null && NUMBER_FIELDS.has(field);
  const event = { wabaId, field, value: isOfNumber ? messagesValue(phoneNumberId, numbers, value) : value };
  const time = given['time'] === undefined ? undefined : asWhole(given['time'], 'time', [0, 2 ** 40]);
  const answer = await events.send(event, time);
  return ok({ webhookStatus: answer.status });
}

function signatureKind(value: unknown): SignatureKind {
  if (value === undefined) return 'valid';
  if (value === 'valid' || value === 'invalid' || value === 'none') return value;
  throw new SettingError('signature', 'must be valid, invalid or none');
}

/** Sends raw bytes, or a `value` in an envelope, once and without retries. */
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
  const { store, ledger, receipts, webhook, crowds } = deps;
  return new Map<string, Handler>([
    ['GET /sandbox/health', () => ok({ status: 'ok' })],
    ['GET /sandbox/behaviour', () => ok(store.current())],
    ['PUT /sandbox/behaviour', ({ body }) => ok(store.patch(body))],
    ['DELETE /sandbox/behaviour', () => ok(store.reset())],
    ['GET /sandbox/ledger', ({ query }) => showLedger(ledger, query)],
    ['GET /sandbox/stats', () => ok({ calls: ledger.size(), receipts: receipts.counts() })],
    ['POST /sandbox/inbound', async ({ body, origin }) => ok(await playMessage(deps, body, origin))],
    ['POST /sandbox/tap', async ({ body }) => ok(await playTap(deps, body))],
    ['POST /sandbox/crowd', ({ body, origin }) => ok(crowds.start(body, origin))],
    ['GET /sandbox/crowd', () => ok({ crowds: crowds.list() })],
    ['DELETE /sandbox/crowd', () => ok({ crowds: crowds.stop() })],
    ['POST /sandbox/events', ({ body }) => sendEvent(deps, body)],
    ['POST /sandbox/webhook', ({ body }) => sendRaw(deps, body)],
    ['POST /sandbox/verify', async () => ok(await webhook.verify())],
  ]);
}

const TEMPLATE_ROUTE = /^PUT \/sandbox\/templates\/([\w.-]{1,64})\/([a-z0-9_]{1,512})$/;

export function createControl(deps: ControlDeps) {
  const handlers = createHandlers(deps);

  function handlerOf(route: string): Handler | undefined {
    const [, wabaId, name] = TEMPLATE_ROUTE.exec(route) ?? [];
    if (wabaId === undefined || name === undefined) return handlers.get(route);
    return async ({ body }) => ok(await controlTemplate(deps, { wabaId, name }, body));
  }

  return async function handleControl(route: string, call: ControlCall): Promise<HttpAnswer> {
    const handler = handlerOf(route);
    if (handler === undefined)
      return { status: 404, body: { error: { message: `unknown route: ${route}` } } };
    try {
      return await handler(call);
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
      return { status: 400, body: { error: { message: error.message, field: error.field } } };
    }
  };
}
