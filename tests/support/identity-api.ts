import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMailCatcher } from '../../scripts/mail/catcher.ts';
import type { CaughtMail } from '../../scripts/mail/message.ts';
import { newEmail, password, signUp } from './auth.ts';
import { confirmEmailOf } from './colleagues.ts';
import { type Answer, call, type CallOptions } from './http.ts';
import { assertTenancy, startRunningApi, type RunningApi } from './running-api.ts';
import { useRunning } from './use-running.ts';
import { waitFor } from './wait.ts';

/** Two API instances on one database, and a mail server that catches their mails. */
export interface IdentityApi extends RunningApi {
  readonly url: string;
  /** A second instance with its own caches. */
  readonly otherUrl: string;
  /** The page of the mail catcher. */
  readonly mailPage: string;
  /** All mails to this address but those that confirm it after sign-up, newest first. */
  mailsTo(address: string): Promise<readonly CaughtMail[]>;
  /** Waits until this address has that many of these mails; returns the newest. */
  waitForMail(address: string, count?: number): Promise<CaughtMail>;
  /** The same for the mails that confirm the address. */
  confirmationsTo(address: string): Promise<readonly CaughtMail[]>;
  waitForConfirmation(address: string, count?: number): Promise<CaughtMail>;
  /** Waits until no mail is pending. */
  untilMailsAreOut(): Promise<void>;
}

export const appUrl = 'https://app.crm.test';

/** Nothing listens there, and these tests never call it. */
const closedTemporal = '127.0.0.1:9';

export async function startIdentityApi(
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<IdentityApi> {
  const folder = await mkdtemp(join(tmpdir(), `whatsapp-crm-${name}-`));
  const catcher = await startMailCatcher({ smtpPort: 0, pagePort: 0, folder });
  const running = await startRunningApi(name, {
    instanceCount: 2,
    env: {
      PUBLIC_URL: 'http://crm.test',
      APP_URL: appUrl,
      TEMPORAL_ADDRESS: closedTemporal,
      SMTP_URL: catcher.smtpUrl,
      TRUSTED_PROXIES: '1',
      ...env,
    },
  });
  const isConfirmation = ({ subject }: CaughtMail) => subject === 'Confirm your e-mail address';
  const allTo = async (address: string): Promise<readonly CaughtMail[]> => {
    const { items } = (await call(`${catcher.pageUrl}.json`)).body as { items?: CaughtMail[] };
    return (items ?? []).filter(({ to }) => to.includes(address));
  };
  const mailsTo = async (address: string) => (await allTo(address)).filter((mail) => !isConfirmation(mail));
  const confirmationsTo = async (address: string) => (await allTo(address)).filter(isConfirmation);
  const waitUntil = (read: typeof allTo, address: string, count: number): Promise<CaughtMail> =>
    waitFor(`${count} mails to the address`, async () => {
      const mails = await read(address);
      return mails.length >= count ? mails[0] : undefined;
    });
  return {
    ...running,
    url: running.first.url,
    otherUrl: running.instances[1]?.url ?? '',
    mailPage: catcher.pageUrl,
    mailsTo,
    confirmationsTo,
    waitForMail: (address, count = 1) => waitUntil(mailsTo, address, count),
    waitForConfirmation: (address, count = 1) => waitUntil(confirmationsTo, address, count),
    untilMailsAreOut: async () => {
      await waitFor(
        'no mail is pending',
        async () =>
          (await running.collection('outbox_mails').countDocuments({ nextAttemptAt: { $exists: true } })) ===
          0,
      );
    },
    async close() {
      await running.close();
      await catcher.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts both before the tests of a `describe` and closes them afterwards. */
export const useIdentityApi = (
  name: string,
  env: Readonly<Record<string, string>> = {},
): (() => IdentityApi) => useRunning(() => startIdentityApi(name, env), { check: assertTenancy });

/** A signed-in user. */
export interface Person {
  readonly id: string;
  readonly clientId: string;
  readonly email: string;
  readonly token: string;
  readonly cookie: string;
  call(path: string, options?: Omit<CallOptions, 'token'>): Promise<Answer>;
}

export function personOf({ url }: Pick<IdentityApi, 'url'>, answer: Answer): Person {
  assert.ok(answer.status === 200 || answer.status === 201, answer.text);
  const { accessToken: token, user } = answer.body as {
    accessToken: string;
    user: { id: string; clientId: string; email: string };
  };
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  return {
    ...user,
    token,
    cookie,
    call: (path, options = {}) => call(`${url}${path}`, { ...options, token }),
  };
}

/** The admin of a new client, whose address counts as confirmed. */
export async function newAdmin(api: IdentityApi): Promise<Person> {
  const admin = personOf(api, await signUp(api.url));
  await confirmEmailOf(api, admin.id);
  return admin;
}

export const logIn = (
  { url }: Pick<IdentityApi, 'url'>,
  email: string,
  options: { password?: string; from?: string } = {},
): Promise<Answer> =>
  call(`${url}/api/auth/login`, {
    json: { email, password: options.password ?? password },
    headers: options.from === undefined ? {} : { 'x-forwarded-for': options.from },
  });

/** The token of the link in a mail. */
export function tokenIn({ text }: CaughtMail): string {
  const token = /#token=([\w-]+)/.exec(text)?.[1];
  assert.ok(token !== undefined, text);
  return token;
}

export const resetPassword = (
  { url }: Pick<IdentityApi, 'url'>,
  token: string,
  newPassword: string = password,
): Promise<Answer> => call(`${url}/api/auth/reset-password`, { json: { token, password: newPassword } });

/** An invited user of the admin's client who has set the default password and is signed in. */
export async function newColleague(
  api: IdentityApi,
  admin: Person,
  role: 'admin' | 'agent' = 'agent',
): Promise<Person> {
  const email = newEmail();
  const invited = await admin.call('/api/users', { json: { name: 'Ana Souza', email, role } });
  assert.equal(invited.status, 201, invited.text);
  const set = await resetPassword(api, tokenIn(await api.waitForMail(email)));
  assert.equal(set.status, 204, set.text);
  return personOf(api, await logIn(api, email));
}

export const ifMatch = ({ headers }: Answer): Record<string, string> => ({
  'if-match': headers.get('etag') ?? 'no etag',
});

export const codeOf = ({ status, body }: Answer): string => `${status} ${String(body['code'])}`;

/** Fails unless the other instance refuses the token within a second. */
export async function assertOutWithinASecond(api: IdentityApi, token: string): Promise<void> {
  for (const url of [api.url, api.otherUrl]) {
    await waitFor('the token is refused', async () => (await me(url, token)) === 401, {
      timeoutMs: 1_000,
      everyMs: 20,
    });
  }
}

/** Fails unless both instances accept the token; afterwards both have cached it. */
export async function assertSignedIn(api: IdentityApi, token: string): Promise<void> {
  for (const url of [api.url, api.otherUrl]) assert.equal(await me(url, token), 200);
}

const me = async (url: string, token: string): Promise<number> =>
  (await call(`${url}/api/auth/me`, { token })).status;
