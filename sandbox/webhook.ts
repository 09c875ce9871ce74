import { setMaxListeners } from 'node:events';
import { Agent, request } from 'undici';
import { createChallenge } from './identifiers.ts';
import { signBytes } from './signature.ts';

export interface WebhookOptions {
  readonly url: string;
  readonly appSecret: string;
  readonly verifyToken: string;
  readonly timeoutMs: number;
  readonly concurrency: number;
}

export type SignatureKind = 'valid' | 'invalid' | 'none';

/** `status` is null without an answer; `isUnreachable` is true without a connection. */
export interface WebhookAnswer {
  readonly status: number | null;
  readonly isUnreachable: boolean;
  readonly text: string;
}

export interface Webhook {
  post(bytes: Buffer, signature?: SignatureKind): Promise<WebhookAnswer>;
  verify(): Promise<WebhookAnswer & { readonly verified: boolean }>;
  setUrl(url: string): void;
  /** Aborts the calls in progress. */
  close(): Promise<void>;
}

const MAX_ANSWER_CHARACTERS = 2_000;
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'UND_ERR_CONNECT_TIMEOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

const noAnswer = (error: unknown): WebhookAnswer => ({
  status: null,
  isUnreachable: error instanceof Error && 'code' in error && UNREACHABLE.has(String(error.code)),
  text: error instanceof Error ? error.message : String(error),
});

function signatureHeader(bytes: Buffer, appSecret: string, kind: SignatureKind): Record<string, string> {
  if (kind === 'none') return {};
  const secret = kind === 'valid' ? appSecret : `${appSecret} but wrong`;
  return { 'x-hub-signature-256': signBytes(bytes, secret) };
}

export function createWebhook(options: WebhookOptions): Webhook {
  let url = options.url;
  const stopping = new AbortController();
  // One listener for each call that waits for a connection.
  setMaxListeners(0, stopping.signal);
  const agent = new Agent({
    connections: options.concurrency,
    keepAliveTimeout: 30_000,
    headersTimeout: options.timeoutMs,
    bodyTimeout: options.timeoutMs,
    connect: { timeout: options.timeoutMs },
  });

  async function call(
    target: string,
    init: { method: 'GET' | 'POST'; headers?: object; body?: Buffer },
  ): Promise<WebhookAnswer> {
    try {
      const { headers, body, method } = init;
      const answer = await request(target, {
        method,
        dispatcher: agent,
        signal: stopping.signal,
        headers: { 'user-agent': 'facebookexternalua', ...headers },
        ...(body === undefined ? {} : { body }),
      });
      const text = await answer.body.text();
      return { status: answer.statusCode, isUnreachable: false, text: text.slice(0, MAX_ANSWER_CHARACTERS) };
    } catch (error) {
      return noAnswer(error);
    }
  }

  return {
    post(bytes, signature = 'valid') {
      const headers = {
        'content-type': 'application/json',
        ...signatureHeader(bytes, options.appSecret, signature),
      };
      return call(url, { method: 'POST', headers, body: bytes });
    },
    async verify() {
      const challenge = createChallenge();
      const target = new URL(url);
      target.searchParams.set('hub.mode', 'subscribe');
      target.searchParams.set('hub.verify_token', options.verifyToken);
      target.searchParams.set('hub.challenge', challenge);
      const answer = await call(target.href, { method: 'GET' });
      return { ...answer, verified: answer.status === 200 && answer.text === challenge };
    },
    setUrl(next) {
      url = new URL(next).href;
    },
    async close() {
      stopping.abort();
      await agent.destroy();
    },
  };
}
