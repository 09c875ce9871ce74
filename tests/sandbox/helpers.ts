import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerItem } from '../../proofs/shared/ledger.ts';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox/server.ts';

export const APP_SECRET = 'a secret for tests only';
export const VERIFY_TOKEN = 'verify me';

export interface Post {
  readonly raw: string;
  readonly signature: string;
  readonly isSigned: boolean;
  readonly at: number;
}

export interface Status {
  readonly id: string;
  readonly status: string;
  readonly timestamp: string;
  readonly recipient_id?: string;
  readonly biz_opaque_callback_data?: string;
  readonly errors?: readonly { readonly code: number }[];
}

interface Value {
  readonly metadata: { readonly phone_number_id: string };
  readonly statuses?: readonly Status[];
  readonly messages?: readonly Record<string, unknown>[];
  readonly contacts?: readonly Record<string, unknown>[];
}

export interface Envelope {
  readonly object: string;
  readonly entry: readonly {
    readonly id: string;
    readonly time?: number;
    readonly changes: readonly { readonly field: string; readonly value: Value }[];
  }[];
}

export interface Receiver {
  readonly url: string;
  readonly posts: Post[];
  /** Called for each POST with its number from 1; returns the status, or null to cut the connection. */
  answer: (count: number) => number | null | Promise<number | null>;
  statuses(): Status[];
  values(): Value[];
  stop(): Promise<void>;
}

export const parsePost = (post: Post): Envelope => JSON.parse(post.raw) as Envelope;

const sign = (bytes: Buffer): string =>
  `sha256=${createHmac('sha256', APP_SECRET).update(bytes).digest('hex')}`;

/** A webhook of our own, which checks the signature by itself. */
export async function startReceiver(port = 0): Promise<Receiver> {
  const posts: Post[] = [];
  const receiver = { posts, answer: (): number | null => 200 } as unknown as Receiver;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://receiver');
    if (request.method === 'GET') {
      const isMine = url.searchParams.get('hub.verify_token') === VERIFY_TOKEN;
      response.writeHead(isMine ? 200 : 403).end(isMine ? url.searchParams.get('hub.challenge') : 'no');
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const bytes = Buffer.concat(chunks);
      const signature = String(request.headers['x-hub-signature-256'] ?? '');
      const isSigned = signature === sign(bytes);
      posts.push({ raw: bytes.toString('latin1'), signature, isSigned, at: Date.now() });
      void Promise.resolve(receiver.answer(posts.length)).then((status) => {
        if (status === null) request.socket.destroy();
        else response.writeHead(status).end();
      });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  assert(typeof address === 'object' && address !== null);
  const values = (): Value[] =>
    posts.flatMap((post) =>
      parsePost(post).entry.flatMap((entry) => entry.changes.map((change) => change.value)),
    );
  return Object.assign(receiver, {
    url: `http://127.0.0.1:${address.port}/webhook/incoming`,
    values,
    statuses: () => values().flatMap((value) => value.statuses ?? []),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

export interface Stage {
  readonly sandbox: Sandbox;
  readonly receiver: Receiver;
  readonly options: SandboxOptions;
  restart(): Promise<Stage>;
  end(): Promise<void>;
}

export const makeDataDir = (): Promise<string> => mkdtemp(join(tmpdir(), 'sandbox-test-'));

/** A sandbox with quick receipts and a receiver for them; `end` stops both and removes the data. */
export async function setStage(changes: Partial<SandboxOptions> = {}): Promise<Stage> {
  const receiver = await startReceiver();
  const options: SandboxOptions = {
    host: '127.0.0.1',
    port: 0,
    dataDir: await makeDataDir(),
    webhookUrl: receiver.url,
    appSecret: APP_SECRET,
    verifyToken: VERIFY_TOKEN,
    retry: { firstMs: 20, maxMs: 80 },
    ...changes,
    behaviour: {
      receiptDelays: { sentMs: 10, deliveredMs: 30, readMs: 50 },
      slowMs: 150,
      ...changes.behaviour,
    },
  };
  const open = async (): Promise<Stage> => {
    const sandbox = await startSandbox(options);
    return {
      sandbox,
      receiver,
      options,
      async restart() {
        await sandbox.stop();
        return open();
      },
      async end() {
        await sandbox.stop();
        await receiver.stop();
        await rm(options.dataDir, { recursive: true, force: true });
      },
    };
  };
  return open();
}

export interface GraphReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly messages?: readonly { readonly id: string; readonly message_status?: string }[];
    readonly contacts?: readonly Record<string, unknown>[];
    readonly success?: boolean;
    readonly error?: {
      readonly code: number;
      readonly message: string;
      readonly error_subcode?: number;
      readonly error_data: { readonly details: string };
    };
  };
}

export const templateTo = (to: string, opaque?: string): object => ({
  messaging_product: 'whatsapp',
  recipient_type: 'individual',
  to,
  type: 'template',
  template: { name: 'hello_world', language: { code: 'en_US' } },
  ...(opaque === undefined ? {} : { biz_opaque_callback_data: opaque }),
});

export const textTo = (to: string, body = 'hello'): object => ({
  messaging_product: 'whatsapp',
  to,
  type: 'text',
  text: { body },
});

/** POSTs to the messages endpoint; a string goes out as it is. */
export async function send(
  sandbox: Sandbox,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<GraphReply> {
  const response = await fetch(`${sandbox.url}/v25.0/1000200030/messages`, {
    method: 'POST',
    headers: { authorization: 'Bearer token', 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as GraphReply['body'],
  };
}

export async function control<T = unknown>(sandbox: Sandbox, route: string, body?: unknown) {
  const [method = 'GET', path = '/'] = route.split(' ');
  const response = await fetch(`${sandbox.url}/sandbox${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T };
}

export interface GraphAnswer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** What an error of the Graph API looks like to a caller. */
export interface GraphFault {
  readonly error: {
    readonly code: number;
    readonly error_subcode?: number;
    readonly error_user_msg?: string;
    readonly error_data: { readonly details: string };
  };
}

/** Any call of the Graph API: `GET /42/message_templates?limit=2`, with a JSON body or a form. */
export async function graph<T = GraphFault>(
  sandbox: Sandbox,
  route: string,
  body?: object,
): Promise<GraphAnswer<T>> {
  const [method = 'GET', path = '/'] = route.split(' ');
  const isForm = body instanceof FormData;
  const response = await fetch(path.startsWith('http') ? path : `${sandbox.url}/v25.0${path}`, {
    method,
    headers: {
      authorization: 'Bearer token',
      ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: JSON.parse(text) as T };
}

export interface Item extends LedgerItem {
  readonly mark?: { readonly messageId: string; readonly isTyping: boolean };
  readonly body: unknown;
}

export interface Page {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

export async function readLedger(sandbox: Sandbox, query = ''): Promise<Page> {
  return (await control<Page>(sandbox, `GET /ledger${query}`)).body;
}

/** Waits until the check holds; fails with the description after two seconds. */
export async function until(
  what: string,
  check: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await check())) {
    assert(Date.now() < deadline, `not in time: ${what}`);
    await sleep(5);
  }
}

export const words = (statuses: readonly Status[]): string[] => statuses.map((status) => status.status);
