import assert from 'node:assert/strict';
import { Client, Connection as TemporalConnection } from '@temporalio/client';
import type { Connection } from 'mongoose';
import type { Api } from '../../src/app/api.ts';
import { confirmEmailOf } from './colleagues.ts';
import { signUp, type CrmUser } from './crm-client.ts';
import { assertTenancy, startRunningApi, type RunningApi } from './running-api.ts';
import { createTestNamespace, testTemporalAddress } from './temporal-namespace.ts';
import { useRunning } from './use-running.ts';

/** The whole API in this process, against real servers; without a worker, so messages stay accepted. */
export interface TestApi extends RunningApi {
  readonly url: string;
  readonly api: Api;
  readonly temporal: Client;
  /** Creates a client with an admin, whose address counts as confirmed. */
  signUp(): Promise<CrmUser>;
  /** The number of documents in each collection. */
  countAll(): Promise<Readonly<Record<string, number>>>;
  /** The same, without collections that change on their own: attempt counts, and the links in mails. */
  countStored(): Promise<Readonly<Record<string, number>>>;
}

export interface TestApiOptions {
  readonly env?: Readonly<Record<string, string>>;
}

export async function startTestApi(name: string, { env = {} }: TestApiOptions = {}): Promise<TestApi> {
  const namespace = await createTestNamespace(name);
  const running = await startRunningApi(name, {
    env: {
      TEMPORAL_ADDRESS: testTemporalAddress(),
      TEMPORAL_NAMESPACE: namespace,
      WHATSAPP_PROVIDER: 'sandbox',
      // Nobody listens there; at the default address the sandbox of a running product may.
      WHATSAPP_API_URL: 'http://127.0.0.1:9',
      ...env,
    },
  });
  const connection = TemporalConnection.lazy({ address: testTemporalAddress() });
  const { url } = running.first;
  return {
    ...running,
    ...running.first,
    temporal: new Client({ connection, namespace }),
    async signUp() {
      const user = await signUp(url);
      await confirmEmailOf(running, user.userId);
      return user;
    },
    countAll: () => countAll(running.connection),
    countStored: () => countStored(running.connection),
    async close() {
      await running.close();
      await connection.close();
    },
  };
}

/** Every document but those of the mails that sign-ups send, which come and go at their own time. */
async function countAll(connection: Connection): Promise<Record<string, number>> {
  const collections = (await connection.listCollections()).map(({ name }) => name).toSorted();
  const counts = collections
    .filter((name) => !changingByThemselves.has(name))
    .map(async (name) => {
      return [name, await connection.collection(name).countDocuments(notOfSignUps[name] ?? {})] as const;
    });
  return Object.fromEntries(await Promise.all(counts));
}

/** Mails of sign-ups, and live events, come at their own time; each request counts against its business's day. */
const changingByThemselves = new Set([
  ...['email_confirmations', 'outbox_events', 'event_heads', 'passing_events', 'leases'],
  'webhook_usage',
]);

const notOfSignUps: Readonly<Record<string, object>> = {
  audit_events: { action: { $ne: 'user.confirmation-link-issued' } },
  outbox_mails: { 'order.kind': { $ne: 'email-confirmation' } },
};

/** The audit events without those that a mail causes. */
export const notOfMails = {
  action: {
    $nin: ['user.password-link-issued', 'user.confirmation-link-issued', 'user.email-change-link-issued'],
  },
};

async function countStored(connection: Connection): Promise<Record<string, number>> {
  const {
    rate_limits: _attempts,
    password_links: _links,
    email_change_links: _keys,
    ...others
  } = await countAll(connection);
  return { ...others, audit_events: await connection.collection('audit_events').countDocuments(notOfMails) };
}

/**
 * Starts the API before the tests of a `describe` and closes it afterwards. After each test it asserts that no
 * command crossed clients and no request was answered with an internal error.
 */
export function useApi(name: string, options: TestApiOptions = {}): () => TestApi {
  return useRunning(() => startTestApi(name, options), {
    check: (running) => {
      assertTenancy(running);
      const bugs = running.log.lines().filter(({ code }) => code === 'internal');
      assert.deepEqual(bugs, [], 'a request was answered with an internal error');
    },
    checkAll: ({ seenCommands }) =>
      assert.ok(seenCommands() > 0, 'the probe saw no command, so it proves nothing'),
  });
}
