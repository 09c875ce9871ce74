/**
 * A frontend on localhost in a real Chromium, against the product with exactly the environment and the addresses of
 * `npm start`. Without a browser the tests are left out, and the run says so.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { chromium, type Browser, type Page } from 'playwright-core';
import { browserArgs, BrowserNotFoundError, findBrowser } from '../../scripts/browser.ts';
import { freePort } from '../../scripts/servers/ports.ts';
import { leaveOut } from '../../scripts/test/left-out.ts';
import { listenOn } from '../../src/platform/listen.ts';
import { startAsShipped } from '../support/as-shipped.ts';
import { signUp, type CrmUser } from '../support/crm-client.ts';
import { waitFor } from '../support/wait.ts';

/** A frontend's files, at both names of this machine. */
async function startFrontend() {
  const server = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>A frontend</title>'),
  );
  return listenOn(server, await freePort(3_000, () => undefined), 'localhost');
}

interface PageCall {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

interface PageAnswer {
  /** 0 if the browser kept the answer from the page. */
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Record<string, unknown>;
}

/** What a script of the page does: `fetch` with credentials. */
const callFrom = (page: Page, url: string, { method, token, headers = {}, body }: PageCall = {}) =>
  page.evaluate(
    async ([address, init]): Promise<PageAnswer> => {
      try {
        const response = await fetch(address, { ...init, credentials: 'include' });
        const text = await response.text();
        return {
          status: response.status,
          headers: Object.fromEntries(response.headers),
          body: text === '' ? {} : JSON.parse(text),
        };
      } catch {
        return { status: 0, headers: {}, body: {} };
      }
    },
    [
      url,
      {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
    ] as const,
  );

describe('a page on localhost in Chromium', function () {
  this.timeout(120_000);
  let browser: Browser | undefined;
  let product: Awaited<ReturnType<typeof startAsShipped>> | undefined;
  let frontend: Awaited<ReturnType<typeof startFrontend>> | undefined;
  let user: CrmUser;

  before(async function () {
    this.timeout(300_000);
    const executablePath = await findBrowser().catch((error: unknown) => {
      if (error instanceof BrowserNotFoundError) return leaveOut(this, error.message);
      throw error;
    });
    browser = await chromium.launch({ executablePath, args: browserArgs });
    [product, frontend] = await Promise.all([startAsShipped(), startFrontend()]);
    user = await signUp(product.api);
  });
  after(async () => {
    await browser?.close();
    await Promise.all([product?.close(), frontend?.close()]);
  });

  /** A page with an empty cookie jar, and calls of the API at the printed address. */
  async function open(host: string) {
    assert.ok(browser !== undefined && product !== undefined && frontend !== undefined);
    const page = await (await browser.newContext()).newPage();
    await page.goto(`http://${host}:${frontend.port}/`);
    const { api } = product;
    return {
      page,
      call: (path: string, options?: PageCall) => callFrom(page, `${api}${path}`, options),
    };
  }

  const signIn = () => ({ body: { email: user.email, password: user.password } });
  const tokenOf = ({ body }: PageAnswer): string => String(body['accessToken']);

  it('signs in › stays signed in after a reload, until it logs out', async () => {
    const { page, call } = await open('localhost');
    const signedIn = await call('/api/auth/login', signIn());
    assert.equal(signedIn.status, 200);
    for (const _round of [1, 2]) {
      await page.reload();
      const refreshed = await call('/api/auth/refresh', { method: 'POST' });
      assert.equal(refreshed.status, 200, JSON.stringify(refreshed.body));
      assert.equal((await call('/api/users', { token: tokenOf(refreshed) })).status, 200);
    }
    assert.equal((await call('/api/auth/logout', { method: 'POST' })).status, 204);
    assert.equal((await call('/api/auth/refresh', { method: 'POST' })).status, 401);
  });

  it('sends a message with a key and trace headers › it is delivered and read', async () => {
    const { page, call } = await open('localhost');
    const token = tokenOf(await call('/api/auth/login', signIn()));
    const send = () =>
      call('/api/messages/template', {
        token,
        headers: {
          'idempotency-key': 'order-1042',
          traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
          baggage: 'shop=7',
        },
        body: { to: '+12025550101', templateName: 'hello_world' },
      });
    const sent = await send();
    assert.equal(sent.status, 201, JSON.stringify(sent.body));
    const again = await send();
    assert.equal(again.body['id'], sent.body['id']);
    let status: unknown;
    for (let tries = 0; tries < 100 && status !== 'read'; tries += 1) {
      await page.waitForTimeout(100);
      ({ status } = (await call(`/api/messages/${String(sent.body['id'])}`, { token })).body);
    }
    assert.equal(status, 'read');
  });

  it('reads what the API says in headers › all of it', async () => {
    const { call } = await open('localhost');
    const refused = await call('/api/users');
    assert.deepEqual(
      [refused.status, refused.headers['www-authenticate']?.startsWith('Bearer')],
      [401, true],
    );
    const token = tokenOf(await call('/api/auth/login', signIn()));
    const created = await call('/api/contacts', {
      token,
      body: { phoneNumber: '+12025550177', name: 'Ana' },
    });
    assert.equal(created.status, 201, JSON.stringify(created.body));
    for (const name of ['location', 'etag', 'x-request-id', 'ratelimit', 'ratelimit-policy'])
      assert.ok(created.headers[name], name);
    const location = String(created.headers['location']);
    const changed = await call(location, {
      ...{ method: 'PATCH', token, body: { name: 'Anna' } },
      headers: { 'if-match': String(created.headers['etag']) },
    });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
  });

  it('has the name 127.0.0.1, another site than the printed address › is refused, not signed in for 15 minutes', async () => {
    const { call } = await open('127.0.0.1');
    assert.equal((await call('/api/auth/login', signIn())).status, 0);
  });

  const pages = [
    ...['/', '/problems', '/problems/window-closed', '/docs'],
    ...['/confirm-email', '/accept-invitation', '/reset-password'],
    ...['/confirm-email-change', '/reject-email-change'],
  ];
  for (const colorScheme of ['light', 'dark'] as const) {
    it(`our own pages, 390 px wide and ${colorScheme} › readable: nothing sticks out, no literal backticks`, async () => {
      assert.ok(browser !== undefined && product !== undefined);
      const context = await browser.newContext({ colorScheme, viewport: { width: 390, height: 800 } });
      const page = await context.newPage();
      const { api, addresses } = product;
      await fetch(`${api}/api/auth/forgot-password`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: user.email }),
      });
      for (const url of [...pages.map((path) => `${api}${path}`), addresses.mail?.page ?? '']) {
        const answer = await page.goto(url, { waitUntil: 'load' });
        assert.equal(answer?.status(), 200, url);
        if (url.endsWith('/docs')) await page.getByText('Sign-up, log-in').first().waitFor();
        const [width, scheme, isDark] = await page.evaluate<[number, string, boolean]>(`[
          document.documentElement.scrollWidth,
          getComputedStyle(document.documentElement).colorScheme,
          document.documentElement.classList.contains('dark-mode'),
        ]`);
        assert.ok(width <= 390, `${url}: ${width} px`);
        assert.doesNotMatch(await page.locator('body').innerText(), /`/, url);
        if (url.endsWith('/docs')) assert.equal(isDark, colorScheme === 'dark', url);
        else assert.equal(scheme, 'light dark', url);
      }
      await context.close();
    });
  }

  /** What a mail to the address links to. */
  const linkTo = (email: string, path: string): Promise<string> =>
    waitFor('the mail', async () => {
      const answer = await fetch(`${product?.addresses.mail?.page}.json`);
      const { items } = (await answer.json()) as { items: { to: string[]; text: string }[] };
      const texts = items.filter(({ to }) => to.includes(email)).map(({ text }) => text);
      const link = new RegExp(`\\S+/${path}#token=\\S+`);
      return texts.flatMap((text) => link.exec(text)?.[0] ?? [])[0];
    });

  it('the link that confirms an address › once done, the page has no button any more; a wrong link keeps it', async () => {
    assert.ok(browser !== undefined && product !== undefined);
    const { email } = await signUp(product.api);
    const link = await linkTo(email, 'confirm-email');
    const page = await browser.newPage();
    await page.goto(link.replace(/token=.*/, 'token=wrong'));
    await page.getByRole('button').click();
    await page.locator('output').filter({ hasText: /\w/ }).waitFor();
    await page.getByRole('button', { disabled: false }).waitFor();
    await page.goto('about:blank');
    await page.goto(link);
    await page.getByRole('button').click();
    await page.getByText('Your address is confirmed.').waitFor();
    assert.equal(await page.getByRole('button').count(), 0);
    await page.close();
  });

  it('the link of a mail without a frontend › opens a page that sets the password', async () => {
    assert.ok(browser !== undefined && product !== undefined);
    const { api } = product;
    const someone = await signUp(api);
    const json = { 'content-type': 'application/json' };
    const forgotten = JSON.stringify({ email: someone.email });
    await fetch(`${api}/api/auth/forgot-password`, { method: 'POST', headers: json, body: forgotten });
    const link = await linkTo(someone.email, 'reset-password');
    const page = await browser.newPage();
    await page.goto(link);
    await page.getByLabel('New password').fill('short');
    await page.getByRole('button').click();
    await page.getByText('at least 8').waitFor();
    await page.getByLabel('New password').fill('Nine-badgers-like-soup');
    await page.getByRole('button').click();
    await page.getByText('Your password is set').waitFor();
    assert.equal(await page.getByRole('button').count(), 0);
    const body = JSON.stringify({ email: someone.email, password: 'Nine-badgers-like-soup' });
    const login = await fetch(`${api}/api/auth/login`, { method: 'POST', headers: json, body });
    assert.equal(login.status, 200);
    await page.close();
  });

  it('a problem in the docs › links to its page, and that to the operations', async () => {
    assert.ok(browser !== undefined && product !== undefined);
    const page = await browser.newPage();
    await page.goto(`${product.api}/docs#/Messages/sendMessage`);
    const popup = page.waitForEvent('popup');
    await page.locator('#operations-Messages-sendMessage a', { hasText: 'window-closed' }).first().click();
    const problem = await popup;
    await problem.getByRole('heading', { name: 'Customer service window is closed' }).waitFor();
    await problem.getByRole('link', { name: 'Send a free-form message' }).click();
    await problem.locator('#operations-Messages-sendMessage.is-open').waitFor();
    await page.context().close();
  });
});
