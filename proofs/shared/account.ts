import { randomBytes } from 'node:crypto';
import { requestJson } from '../../scripts/stack/request-json.ts';
import { requestUntilAnswered } from './request-until-answered.ts';

type Answer = Awaited<ReturnType<typeof requestJson>>;
type Call = Omit<Parameters<typeof requestJson>[1], 'accessToken'>;

/** A client of the CRM with one user. */
export interface Account {
  /** The body of a resource; throws when the answer is not 200. */
  read<T>(path: string): Promise<T>;
  /** One request; signs in again when the token is no longer valid. */
  request(path: string, options: Call): Promise<Answer>;
  /** Repeats the POST with its key until its answer stands. */
  sendTemplate(
    to: string,
    idempotencyKey: string,
  ): Promise<{ readonly answer: Answer; readonly repeats: number }>;
}

/** Signs up under a random address that begins with the name. */
export async function signUp(apiUrl: string, name: string): Promise<Account> {
  const credentials = {
    email: `${name}-${randomBytes(6).toString('hex')}@example.com`,
    password: randomBytes(12).toString('base64url'),
  };
  const profile = { fullName: 'Proof', agreeToTerms: true, ...credentials };
  let accessToken = await readToken(201, `${apiUrl}/api/auth/signup`, profile);

  /** A run takes longer than a token lasts. */
  async function request(path: string, options: Call): Promise<Answer> {
    const answer = await requestJson(`${apiUrl}${path}`, { ...options, accessToken });
    if (answer.status !== 401) return answer;
    accessToken = await readToken(200, `${apiUrl}/api/auth/login`, credentials);
    return requestJson(`${apiUrl}${path}`, { ...options, accessToken });
  }

  return {
    request,

    async read<T>(path: string) {
      const { status, body } = await request(path, {});
      if (status !== 200) throw new Error(`${path} answers ${status}: ${JSON.stringify(body)}`);
      return body as T;
    },
    sendTemplate(to, idempotencyKey) {
      const body = { to, templateName: 'hello_world' };
      return requestUntilAnswered(`the message to ${to}`, () =>
        request('/api/messages/template', { body, idempotencyKey }),
      );
    },
  };
}

async function readToken(status: number, url: string, body: unknown): Promise<string> {
  const answer = await requestJson(url, { body });
  if (answer.status !== status) throw new Error(`${url} answers ${JSON.stringify(answer)}`);
  return (answer.body as { accessToken: string }).accessToken;
}
