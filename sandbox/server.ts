import { mkdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAccountEvents } from './account-events.ts';
import type { RetryOptions } from './backoff.ts';
import { createNumberBook } from './account-numbers.ts';
import { createBehaviourStore } from './behaviour-store.ts';
import { createBusinessEndpoint } from './business.ts';
import { createCrowds } from './crowd.ts';
import { createControl } from './control.ts';
import { createRefusalCounts } from './decide.ts';
import { createMessagesEndpoint, receiptsOf, type HttpAnswer } from './graph-api.ts';
import { refuse } from './graph-errors.ts';
import { createGraphRoutes } from './graph-routes.ts';
import { parseJson, readBody, sendAnswer } from './http.ts';
import { openLedger } from './ledger.ts';
import { type Listening, listenOn } from './listen.ts';
import { createManagement } from './management.ts';
import { createMediaStore } from './media.ts';
import type { Receipt } from './payloads.ts';
import { createReceiptSender, openReceiptJournal, receiptId } from './receipts.ts';
import type { BehaviourPatch } from './settings.ts';
import { createTemplateEndpoint } from './templates/endpoint.ts';
import { createTemplateStore } from './templates/store.ts';
import { createWebhook } from './webhook.ts';

export interface SandboxOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Holds the ledger and the pending receipts; created if missing. Only one sandbox at a time may use it. */
  readonly dataDir: string;
  readonly webhookUrl: string;
  readonly appSecret: string;
  readonly verifyToken?: string;
  /** The initial behaviour, which `DELETE /sandbox/behaviour` restores. */
  readonly behaviour?: BehaviourPatch;
  readonly retry?: Partial<RetryOptions>;
  readonly webhookTimeoutMs?: number;
  readonly webhookConcurrency?: number;
}

export interface Sandbox {
  readonly url: string;
  setWebhookUrl(url: string): void;
  /** Answers calls in progress, stores everything and closes the port. */
  stop(): Promise<void>;
}

const DAY_MS = 86_400_000;
const DEFAULT_RETRY: RetryOptions = { firstMs: 250, maxMs: 30_000, giveUpAfterMs: 7 * DAY_MS };
const CONTROL_BODY_LIMIT_BYTES = 16 << 20;
const KEEP_ALIVE_MS = 65_000;
const STOP_GRACE_MS = 1_000;

async function openParts(options: SandboxOptions, stopping: AbortSignal) {
  const store = createBehaviourStore(options.behaviour ?? {});
  await mkdir(options.dataDir, { recursive: true });
  const refusals = createRefusalCounts();
  const pending: Receipt[] = [];
  const { journal, done } = await openReceiptJournal(options.dataDir);
  const ledger = await openLedger({
    dataDir: options.dataDir,
    isFsyncOn: () => store.current().fsync,
    onRecord(sequence, record) {
      if (record.refusalKey !== undefined) refusals.add(record.refusalKey);
      for (const receipt of receiptsOf(sequence, record))
        if (!done.has(receiptId(receipt))) pending.push(receipt);
    },
  });
  const concurrency = options.webhookConcurrency ?? 8;
  const webhook = createWebhook({
    url: options.webhookUrl,
    appSecret: options.appSecret,
    verifyToken: options.verifyToken ?? '',
    timeoutMs: options.webhookTimeoutMs ?? 10_000,
    concurrency,
  });
  const retry = { ...DEFAULT_RETRY, ...options.retry };
  const receipts = createReceiptSender({
    journal,
    webhook,
    behaviour: () => store.current(),
    concurrency,
    retry,
  });
  const templates = createTemplateStore();
  const media = createMediaStore();
  const events = createAccountEvents(webhook, retry);
  const templateEndpoint = createTemplateEndpoint({ templates, store, events });
  const answerGraph = createGraphRoutes({
    store,
    messages: createMessagesEndpoint({ store, ledger, receipts, refusals, templates, stopping }),
    templates,
    templateEndpoint,
    management: createManagement(store),
    media,
    business: createBusinessEndpoint(),
    book: createNumberBook(),
  });
  const playDeps = { store, ledger, webhook, media, templates };
  const crowds = createCrowds(playDeps, retry);
  const control = createControl({ ...playDeps, receipts, events, crowds });
  const close = async (): Promise<void> => {
    templateEndpoint.close();
    crowds.close();
    events.close();
    await receipts.close();
    await ledger.close();
  };
  return { webhook, receipts, control, answerGraph, pending, close };
}

type Parts = Awaited<ReturnType<typeof openParts>>;

async function answerControl(parts: Parts, request: IncomingMessage, url: URL): Promise<HttpAnswer> {
  const { text, isTooLarge } = await readBody(request, CONTROL_BODY_LIMIT_BYTES);
  if (isTooLarge) return { status: 413, body: { error: { message: 'the body is too large' } } };
  const body = parseJson(text);
  return parts.control(`${request.method ?? ''} ${url.pathname}`, {
    origin: url.origin,
    query: url.searchParams,
    body,
  });
}

function parseUrl(request: IncomingMessage): URL | null {
  const base = `http://${request.headers.host ?? 'sandbox'}`;
  return URL.canParse(request.url ?? '/', base) ? new URL(request.url ?? '/', base) : null;
}

async function answerRequest(parts: Parts, request: IncomingMessage): Promise<HttpAnswer | null> {
  const url = parseUrl(request);
  if (url === null) return refuse(100, { details: 'The address cannot be read.' });
  return url.pathname.startsWith('/sandbox/')
    ? answerControl(parts, request, url)
    : parts.answerGraph(request, url);
}

async function handle(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    sendAnswer(response, await answerRequest(parts, request));
  } catch {
    // The caller disconnected or the ledger cannot be written: neither may look like an accepted message.
    sendAnswer(response, refuse(131000));
  }
}

/** Starts a sandbox in this process. Continues with the pending receipts of an earlier run on the same data. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const stopping = new AbortController();
  const parts = await openParts(options, stopping.signal);
  const running = new Set<Promise<void>>();
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    const work = handle(parts, request, response).finally(() => running.delete(work));
    running.add(work);
  });

  let listening: Listening | undefined;

  async function stop(): Promise<void> {
    stopping.abort();
    const closed = listening?.stop();
    const grace = sleep(STOP_GRACE_MS, undefined, { ref: false }).then(() => server.closeAllConnections());
    await Promise.race([Promise.all(running).then(() => server.closeIdleConnections()), grace]);
    await Promise.race([closed, grace]);
    await parts.close();
  }

  try {
    listening = await listenOn(server, options.port, options.host);
    const { url } = listening;
    parts.receipts.schedule(parts.pending.splice(0));
    const setWebhookUrl = (next: string): void => {
      parts.webhook.setUrl(next);
      parts.receipts.wake();
    };
    return { url, setWebhookUrl, stop };
  } catch (error) {
    await parts.close();
    throw error;
  }
}
