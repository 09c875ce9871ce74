import { Pool } from 'undici';

/** The part of the API that the benchmarks use, over a pool of kept-alive connections. */
export interface ApiClient {
  /** Signs up a new business; later calls act for it. */
  signUp(): Promise<void>;
  /** A fresh access token; valid for 15 minutes. */
  logIn(): Promise<void>;
  /** The Authorization header of this business. */
  authorization(): string;
  /** Sends any other request and returns the body of the answer. Throws if it is refused. */
  post(path: string, body: object): Promise<Readonly<Record<string, unknown>>>;
  /** Sends a template message and returns its id. Throws if it is refused. */
  sendTemplate(to: string): Promise<string>;
  close(): Promise<void>;
}

const password = 'correct horse battery staple 42';

export function createApiClient(url: string, connections: number): ApiClient {
  const pool = new Pool(url, { connections });
  const email = `bench-${Date.now()}@example.com`;
  let accessToken = '';
  const authorization = () => `Bearer ${accessToken}`;

  async function post(path: string, body: object): Promise<Record<string, unknown>> {
    const answer = await pool.request({
      path,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(accessToken === '' ? {} : { authorization: authorization() }),
      },
      body: JSON.stringify(body),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300)
      throw new Error(`${path} answers ${answer.statusCode}: ${text.slice(0, 500)}`);
    return JSON.parse(text) as Record<string, unknown>;
  }

  return {
    async signUp() {
      const answer = await post('/api/auth/signup', {
        fullName: 'Bench Admin',
        email,
        password,
        agreeToTerms: true,
        companyName: 'Bench Company',
      });
      accessToken = String(answer['accessToken']);
    },
    async logIn() {
      accessToken = '';
      accessToken = String((await post('/api/auth/login', { email, password }))['accessToken']);
    },
    authorization,
    post,
    async sendTemplate(to) {
      const { id } = await post('/api/messages/template', {
        to,
        templateName: 'order_update',
        variables: { body: ['Ana', '1042'] },
      });
      return String(id);
    },
    close: () => pool.close(),
  };
}
