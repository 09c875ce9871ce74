import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { requestJson } from '../../scripts/stack/request-json.ts';

/** A message as the API has accepted it. */
export interface Accepted {
  readonly id: string;
  readonly contactId: string;
}

interface Proof {
  readonly acknowledgedAt: string;
  readonly canceledCount: number;
}

/** A business of its own, as far as a race needs it. */
export interface Business {
  readonly phoneNumberId: string;
  /** Null when the API refuses it because the contact has opted out. */
  send(to: string): Promise<Accepted | null>;
  /** The proof of the contact's stop; null as long as it is not acknowledged. */
  proofOf(contactId: string): Promise<Proof | null>;
}

const pauseMs = 150;
const mostTries = 100;

export async function createBusiness(apiUrl: string): Promise<Business> {
  const account = {
    email: `stop-race-${randomBytes(6).toString('hex')}@example.com`,
    password: randomBytes(12).toString('base64url'),
  };
  const signUp = { fullName: 'Stop Race', ...account, agreeToTerms: true };
  let accessToken = await tokenOf(201, `${apiUrl}/api/auth/signup`, signUp);

  /** A run takes longer than a token lasts. */
  async function request(path: string, options: { body?: unknown; idempotencyKey?: string } = {}) {
    const answer = await requestJson(`${apiUrl}${path}`, { ...options, accessToken });
    if (answer.status !== 401) return answer;
    accessToken = await tokenOf(200, `${apiUrl}/api/auth/login`, account);
    return requestJson(`${apiUrl}${path}`, { ...options, accessToken });
  }

  async function read<T>(path: string): Promise<T> {
    const { status, body } = await request(path);
    if (status !== 200) throw new Error(`${path} answers ${status}: ${JSON.stringify(body)}`);
    return body as T;
  }

  const channels = await read<{ items: { phoneNumberId: string }[] }>('/api/channels');
  return {
    phoneNumberId: channels.items[0]?.phoneNumberId ?? '',

    async send(to) {
      const idempotencyKey = randomBytes(12).toString('hex');
      const body = { to, templateName: 'hello_world' };
      for (let tries = 1; ; tries += 1) {
        const answer = await request('/api/messages/template', { body, idempotencyKey }).catch(() => null);
        if (answer?.status === 201) return answer.body as Accepted;
        if ((answer?.body as { code?: string } | undefined)?.code === 'contact-opted-out') return null;
        if (tries === mostTries || (answer !== null && answer.status < 500))
          throw new Error(`a message was refused: ${JSON.stringify(answer)}`);
        await sleep(pauseMs);
      }
    },

    async proofOf(contactId) {
      const history = await read<{ entries: { status: string; proof: Proof | null }[] }>(
        `/api/contacts/${contactId}/consent`,
      );
      return history.entries.find(({ status }) => status === 'opted-out')?.proof ?? null;
    },
  };
}

async function tokenOf(status: number, url: string, body: unknown): Promise<string> {
  const answer = await requestJson(url, { body });
  if (answer.status !== status) throw new Error(`${url} answers ${JSON.stringify(answer)}`);
  return (answer.body as { accessToken: string }).accessToken;
}
