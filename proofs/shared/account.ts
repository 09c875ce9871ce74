import { randomBytes } from 'node:crypto';
import { requestJson } from '../../scripts/stack/request-json.ts';
import { requestUntilAnswered } from './request-until-answered.ts';

type Answer = Awaited<ReturnType<typeof requestJson>>;
type Call = Omit<Parameters<typeof requestJson>[1], 'accessToken'>;

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** A user of the CRM. */
export interface Account {
  readonly credentials: Credentials;
  /** The access token as it is now. */
  token(): string;
  /** Gets a new access token. */
  renew(): Promise<void>;
  /** The body of a resource; throws when the answer is not 200. */
  read<T>(path: string): Promise<T>;
  /** One request; gets a new access token when the old one is no longer valid. */
  request(path: string, options: Call): Promise<Answer>;
  /** Repeats the POST with its key until its answer stands. */
  sendTemplate(
    to: string,
    idempotencyKey: string,
  ): Promise<{ readonly answer: Answer; readonly repeats: number }>;
}

/** Signs up a client under a random address that begins with the name. */
export async function signUp(apiUrl: string, name: string): Promise<Account> {
  const credentials = {
    email: `${name}-${randomBytes(6).toString('hex')}@example.com`,
    password: randomBytes(12).toString('base64url'),
  };
  const profile = { fullName: 'Proof', agreeToTerms: true, ...credentials };
  const session = await openSession(201, `${apiUrl}/api/auth/signup`, { body: profile });
  return openAccount([apiUrl], credentials, session);
}

/** Signs a user in, who asks the APIs one after the other: another one as soon as one does not answer. */
export async function signIn(apiUrls: readonly string[], credentials: Credentials): Promise<Account> {
  const session = await openSession(200, `${apiUrls[0]}/api/auth/login`, { body: credentials });
  return openAccount(apiUrls, credentials, session);
}

function openAccount(apiUrls: readonly string[], credentials: Credentials, first: Session): Account {
  let { accessToken, cookie } = first;
  let turn = 0;

  const urlOf = (path: string) => `${apiUrls[turn % apiUrls.length]}${path}`;

  async function ask(path: string, options: Call): Promise<Answer> {
    try {
      return await requestJson(urlOf(path), { ...options, accessToken });
    } catch (error) {
      turn += 1;
      throw error;
    }
  }

  /** Logs in only if the session has ended: a network has few log-ins in a quarter of an hour. */
  async function renew(): Promise<void> {
    const kept = await openSession(200, urlOf('/api/auth/refresh'), { cookie }).catch(() => null);
    const session = kept ?? (await openSession(200, urlOf('/api/auth/login'), { body: credentials }));
    ({ accessToken, cookie } = session);
  }

  /** A run takes longer than a token lasts. */
  async function request(path: string, options: Call): Promise<Answer> {
    const answer = await ask(path, options);
    if (answer.status !== 401) return answer;
    await renew();
    return ask(path, options);
  }

  return {
    credentials,
    token: () => accessToken,
    renew,
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

interface Session {
  readonly accessToken: string;
  /** The cookie that refreshes it. */
  readonly cookie: string;
}

async function openSession(status: number, url: string, call: Call): Promise<Session> {
  const { cookie, ...answer } = await requestJson(url, { method: 'POST', ...call });
  if (answer.status !== status) throw new Error(`${url} answers ${JSON.stringify(answer)}`);
  return { accessToken: (answer.body as { accessToken: string }).accessToken, cookie };
}
