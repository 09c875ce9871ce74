import { Pool } from 'undici';

/** The part of the API that the benchmarks use, over a pool of connections that stay open. */
export interface ApiClient {
  /** Makes a new business and works in its name from then on. */
  signUp(): Promise<void>;
  /** A fresh access token; one lasts a quarter of an hour. */
  logIn(): Promise<void>;
  /** The value of the header with which this business is known. */
  authorization(): string;
  /** Any other request; answers its body. Throws when it is not accepted. */
  post(path: string, body: object): Promise<Readonly<Record<string, unknown>>>;
  /** Sends a template message; answers its id. Throws when it is not accepted. */
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
