import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { SignedInView } from '../../src/identity/auth/schemas.ts';
import type { ChannelView } from '../../src/channels/schemas.ts';
import type { MessageView } from '../../src/sending/messages/schemas.ts';
import { call as send } from './http.ts';
import { waitFor } from './wait.ts';

export type MessageJson = MessageView;

export interface CallOptions {
  readonly method?: string;
  readonly token?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer<Body = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** One call with a typed JSON answer; returns every status. */
export async function call<Body = unknown>(url: string, options: CallOptions = {}): Promise<Answer<Body>> {
  const { body, ...others } = options;
  const answer = await send(url, { ...others, ...(body === undefined ? {} : { json: body }) });
  return { status: answer.status, headers: answer.headers, body: answer.body as Body };
}

export interface SendBody {
  readonly to?: string;
  readonly templateName?: string;
  readonly [field: string]: unknown;
}

/** The signed-in admin of a new client. */
export interface CrmUser {
  readonly token: string;
  readonly email: string;
  readonly password: string;
  readonly clientId: string;
  readonly userId: string;
  readonly channelId: string;
  readonly phoneNumberId: string;
  call<Body = unknown>(path: string, options?: CallOptions): Promise<Answer<Body>>;
  /** Sends a template, `hello_world` by default, and returns the raw answer. */
  trySend(body: SendBody, idempotencyKey?: string): Promise<Answer<MessageJson>>;
  /** The same, but fails unless the answer is 201. */
  send(body: SendBody, idempotencyKey?: string): Promise<MessageJson>;
  getMessage(id: string): Promise<MessageJson>;
  /** Waits until the message has one of these statuses. */
  waitForStatus(id: string, statuses: readonly string[], timeoutMs?: number): Promise<MessageJson>;
}

/** A unique phone number with these last digits, which tell the sandbox what to do. */
export function phoneEndingIn(digits: string): string {
  const middle = String(randomBytes(4).readUInt32BE() % 100_000).padStart(5, '0');
  return `+49151${middle}${digits.padStart(3, '0')}`;
}

export async function signUp(baseUrl: string): Promise<CrmUser> {
  const email = `${randomBytes(8).toString('hex')}@example.com`;
  const password = randomBytes(9).toString('base64url');
  const signedUp = await call<SignedInView>(`${baseUrl}/api/auth/signup`, {
    body: { fullName: 'Test Admin', email, password, agreeToTerms: true },
  });
  assert.equal(signedUp.status, 201, JSON.stringify(signedUp.body));
  const { accessToken: token, client, user } = signedUp.body;
  const channels = await call<{ items: ChannelView[] }>(`${baseUrl}/api/channels`, { token });
  const [channel] = channels.body.items;
  assert.ok(channel !== undefined, 'a new client has a sandbox channel');
  return createUser(baseUrl, {
    token,
    email,
    password,
    clientId: client.id,
    userId: user.id,
    channelId: channel.id,
    phoneNumberId: channel.phoneNumberId,
  });
}

type Identity = Pick<
  CrmUser,
  'token' | 'email' | 'password' | 'clientId' | 'userId' | 'channelId' | 'phoneNumberId'
>;

/** The same user at another process of the API. */
export const atServer = (baseUrl: string, user: CrmUser): CrmUser => createUser(baseUrl, user);

function createUser(baseUrl: string, identity: Identity): CrmUser {
  const { token } = identity;
  const user: CrmUser = {
    ...identity,
    call: (path, options = {}) => call(`${baseUrl}${path}`, { token, ...options }),
    trySend: (body, idempotencyKey) =>
      user.call<MessageJson>('/api/messages/template', {
        body: { templateName: 'hello_world', ...body },
        headers: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey },
      }),
    async send(body, idempotencyKey) {
      const answer = await user.trySend(body, idempotencyKey);
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      return answer.body;
    },
    async getMessage(id) {
      const answer = await user.call<MessageJson>(`/api/messages/${id}`);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      return answer.body;
    },
    async waitForStatus(id, statuses, timeoutMs = 20_000) {
      let seen = 'nothing';
      return waitFor(
        `message ${id} is ${statuses.join(' or ')}`,
        async () => {
          const message = await user.getMessage(id);
          seen = message.status;
          return statuses.includes(message.status) ? message : undefined;
        },
        { timeoutMs },
      ).catch((error: unknown) => {
        throw new Error(`message ${id} is ${seen} and not ${statuses.join(' or ')}`, { cause: error });
      });
    },
  };
  return user;
}
