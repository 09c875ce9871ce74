import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Types, type mongo } from 'mongoose';
import { startMailCatcher } from '../../scripts/mail/catcher.ts';
import type { CaughtMail } from '../../scripts/mail/message.ts';
import { type Api, buildApi } from '../../src/app/api.ts';
import { runMigrations } from '../../src/platform/migrations.ts';
import { newEmail, password, signUp } from './auth.ts';
import { testConfig } from './config.ts';
import { type Answer, call, type CallOptions } from './http.ts';
import { type CapturedLog, captureLog } from './logger.ts';
import { connectTestDatabase } from './mongo.ts';
import { waitFor } from './wait.ts';
import { watchedUri, watchWire } from './wire-probe.ts';

/** Two API processes' worth of the product on one database, and a mail server that catches what they send. */
export interface IdentityApi {
  readonly url: string;
  /** Another instance: what it knows it has read for itself. */
  readonly otherUrl: string;
  /** For what connects by itself. */
  readonly mongoUri: string;
  readonly log: CapturedLog;
  /** What crossed clients since the last call, on either instance; empty is good. */
  takeViolations(): string[];
  collection<Doc extends mongo.Document>(name: string): mongo.Collection<Doc>;
  /** The audit events about one object, oldest first. */
  auditOf(id: string): Promise<mongo.WithId<mongo.Document>[]>;
  /** Every mail so far to this address, the newest first. */
  mailsTo(address: string): Promise<readonly CaughtMail[]>;
  /** Waits until there are that many mails to this address; answers the newest. */
  waitForMail(address: string, count?: number): Promise<CaughtMail>;
  /** Waits until no mail is on its way. */
  untilMailsAreOut(): Promise<void>;
  close(): Promise<void>;
}

export const appUrl = 'https://app.crm.test';

/** Nobody listens there, and nothing in these tests asks it. */
const noTemporal = '127.0.0.1:9';

export async function startIdentityApi(
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<IdentityApi> {
  const database = await connectTestDatabase(name, []);
  await runMigrations(database.connection);
  const folder = await mkdtemp(join(tmpdir(), `whatsapp-crm-${name}-`));
  const catcher = await startMailCatcher({ smtpPort: 0, pagePort: 0, folder });
  const log = captureLog();
  const config = testConfig({
    PUBLIC_URL: 'http://crm.test',
    APP_URL: appUrl,
    MONGODB_URI: watchedUri(database.uri),
    TEMPORAL_ADDRESS: noTemporal,
    SMTP_URL: catcher.smtpUrl,
    TRUSTED_PROXIES: '1',
    ...env,
  });
  const apis: Api[] = [await buildApi(config, log.logger), await buildApi(config, log.logger)];
  const probes = apis.map(({ core }) => watchWire(core.mongo));
  const [url = '', otherUrl = ''] = await Promise.all(
    apis.map(async ({ http }) => (await http.listen(0, '127.0.0.1')).url),
  );
  const collection = <Doc extends mongo.Document>(of: string) =>
    database.connection.collection(of) as unknown as mongo.Collection<Doc>;
  const mailsTo = async (address: string): Promise<readonly CaughtMail[]> => {
    const { items } = (await call(`${catcher.pageUrl}.json`)).body as { items?: CaughtMail[] };
    return (items ?? []).filter(({ to }) => to.includes(address));
  };
  return {
    url,
    otherUrl,
    mongoUri: database.uri,
    log,
    takeViolations: () => probes.flatMap((probe) => probe.takeViolations()),
    collection,
    mailsTo,
    auditOf: (id) =>
      collection('audit_events')
        .find({ 'target.id': new Types.ObjectId(id) })
        .sort({ _id: 1 })
        .toArray(),
    waitForMail: (address, count = 1) =>
      waitFor(`${count} mails to the address`, async () => {
        const mails = await mailsTo(address);
        return mails.length >= count ? mails[0] : undefined;
      }),
    untilMailsAreOut: async () => {
      await waitFor(
        'no mail on its way',
        async () =>
          (await collection('outbox_mails').countDocuments({ nextAttemptAt: { $exists: true } })) === 0,
      );
    },
    async close() {
      for (const probe of probes) probe.stop();
      await Promise.all(apis.map((api) => api.close()));
      await catcher.stop();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts it before the tests of a `describe` and closes it after them. */
export function useIdentityApi(name: string, env: Readonly<Record<string, string>> = {}): () => IdentityApi {
  let running: IdentityApi | undefined;
  before(async function () {
    this.timeout(60_000);
    running = await startIdentityApi(name, env);
  });
  afterEach(() => {
    const violations = running?.takeViolations();
    assert.deepEqual(violations, [], 'a command on a tenant collection crosses clients');
  });
  after(async function () {
    this.timeout(30_000);
    await running?.close();
  });
  return () => {
    assert.ok(running !== undefined, 'the API is started in a before hook: ask for it inside a test');
    return running;
  };
}

/** Somebody who is signed in. */
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

/** The admin of a fresh client. */
export const newAdmin = async (api: IdentityApi): Promise<Person> => personOf(api, await signUp(api.url));

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

/** A user of the admin's client who was invited, has set the usual password and is signed in. */
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

/** Fails unless both instances take the token, which makes both remember it. */
export async function assertSignedIn(api: IdentityApi, token: string): Promise<void> {
  for (const url of [api.url, api.otherUrl]) assert.equal(await me(url, token), 200);
}

const me = async (url: string, token: string): Promise<number> =>
  (await call(`${url}/api/auth/me`, { token })).status;
