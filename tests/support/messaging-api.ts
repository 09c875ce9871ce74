import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Types, type mongo } from 'mongoose';
import { startSandbox, type Sandbox } from '../../sandbox/server.ts';
import type { Api } from '../../src/app/api.ts';
import { newSecret } from '../../src/platform/ids.ts';
import { type Answer, call, type CallOptions } from './http.ts';
import { assertTenancy, startRunningApi, type RunningApi } from './running-api.ts';
import { noTemporal } from './temporal-namespace.ts';
import { useRunning } from './use-running.ts';

/** The whole API in this process with its own sandbox and without Temporal: messages stay accepted. */
export interface MessagingApi extends RunningApi {
  readonly url: string;
  readonly api: Api;
  readonly sandbox: Sandbox;
}

export async function startMessagingApi(
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<MessagingApi> {
  const dataDir = await mkdtemp(join(tmpdir(), `whatsapp-crm-${name}-`));
  const sandbox = await startSandbox({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    webhookUrl: 'http://127.0.0.1:9/webhook/incoming',
    appSecret: newSecret(),
  });
  const running = await startRunningApi(name, {
    env: { PUBLIC_URL: 'http://crm.test', ...noTemporal, WHATSAPP_API_URL: sandbox.url, ...env },
  });
  return {
    ...running,
    ...running.first,
    sandbox,
    async close() {
      await running.close();
      await sandbox.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Starts the API before the tests of a `describe` and closes it afterwards; `env` is called only then. */
export const useMessagingApi = (
  name: string,
  env: () => Readonly<Record<string, string>> = () => ({}),
): (() => MessagingApi) => useRunning(() => startMessagingApi(name, env()), { check: assertTenancy });

/** A signed-in user. */
export interface Member {
  readonly clientId: Types.ObjectId;
  readonly userId: Types.ObjectId;
  readonly email: string;
  readonly token: string;
  get(path: string): Promise<Answer>;
  post(path: string, json?: unknown, headers?: CallOptions['headers']): Promise<Answer>;
  patch(path: string, json: unknown, headers?: CallOptions['headers']): Promise<Answer>;
  put(path: string, json: unknown, headers?: CallOptions['headers']): Promise<Answer>;
  delete(path: string, headers?: CallOptions['headers']): Promise<Answer>;
}

const password = 'Seven-otters-like-tea';

/** The admin of a new client. */
export async function signUpAdmin({ url }: MessagingApi): Promise<Member> {
  const email = `admin-${newSecret(6).toLowerCase()}@example.com`;
  const json = { fullName: 'Jane Doe', email, password, agreeToTerms: true };
  return memberOf(url, email, await call(`${url}/api/auth/signup`, { json }));
}

/** Another user of the same client, with the same password; active by default. */
export async function addMember(
  { url, collection }: MessagingApi,
  admin: Member,
  fields: { role?: 'admin' | 'agent'; status?: 'active' | 'disabled' } = {},
): Promise<Member> {
  const users = collection<mongo.Document & { _id: Types.ObjectId }>('users');
  const like = await users.findOne({ _id: admin.userId });
  assert.ok(like !== null);
  const email = `user-${newSecret(6).toLowerCase()}@example.com`;
  const user = { ...like, _id: new Types.ObjectId(), email, role: 'agent', ...fields };
  await users.insertOne(user);
  if (user.status === 'disabled') return memberWith(url, { ...admin, userId: user._id, email, token: '' });
  const json = { email, password };
  return memberOf(url, email, await call(`${url}/api/auth/login`, { json }));
}

function memberOf(url: string, email: string, { status, body, text }: Answer): Member {
  assert.ok(status === 200 || status === 201, text);
  const { accessToken, user } = body as { accessToken: string; user: { id: string; clientId: string } };
  const clientId = new Types.ObjectId(user.clientId);
  return memberWith(url, { clientId, userId: new Types.ObjectId(user.id), email, token: accessToken });
}

function memberWith(
  url: string,
  { clientId, userId, email, token }: Pick<Member, 'clientId' | 'userId' | 'email' | 'token'>,
): Member {
  const at = (path: string) => `${url}${path}`;
  return {
    clientId,
    userId,
    email,
    token,
    get: (path) => call(at(path), { token }),
    post: (path, json, headers = {}) => call(at(path), { method: 'POST', token, json, headers }),
    patch: (path, json, headers = {}) => call(at(path), { method: 'PATCH', token, json, headers }),
    put: (path, json, headers = {}) => call(at(path), { method: 'PUT', token, json, headers }),
    delete: (path, headers = {}) => call(at(path), { method: 'DELETE', token, headers }),
  };
}

export const ifMatch = (answer: Answer): Readonly<Record<string, string>> => ({
  'if-match': answer.headers.get('etag') ?? 'no etag',
});

export const etagOf = (answer: Answer): string | null => answer.headers.get('etag');

export const codeOf = (answer: Answer): string => `${answer.status} ${String(answer.body['code'])}`;

/** The statuses of concurrent answers, smallest first. */
export const statusesOf = (answers: readonly Answer[]): number[] =>
  answers.map(({ status }) => status).toSorted((a, b) => a - b);

const maxPages = 10;

/** All items of a list, read two at a time. */
export async function readInPairs<Item>(who: Member, path: string): Promise<Item[]> {
  const items: Item[] = [];
  let position = '';
  for (let pages = 0; pages < maxPages; pages += 1) {
    const page = await who.get(`${path}${path.includes('?') ? '&' : '?'}limit=2${position}`);
    assert.equal(page.status, 200, page.text);
    const body = page.body as unknown as { items: Item[]; nextCursor: string | null };
    items.push(...body.items);
    if (body.nextCursor === null) return items;
    position = `&cursor=${body.nextCursor}`;
  }
  throw new Error(`${path} has more than ${maxPages} pages`);
}
