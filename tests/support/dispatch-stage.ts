import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultActivityInfo, MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { mongo, Types } from 'mongoose';
import { createMessageActivities, type MessageActivityDeps } from '../../activities/messages.ts';
import { startSandbox } from '../../sandbox/server.ts';
import { buildCore } from '../../src/app/core.ts';
import type {
  DispatchInput,
  DispatchResult,
  MessageActivities,
} from '../../src/sending/messages/contract.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import type { MessageRepository } from '../../src/sending/messages/store/repository.ts';
import type { SlaClockDoc } from '../../src/inbox/sla/clocks/repository.ts';
import { newId } from '../../src/platform/ids.ts';
import { migrate } from './migrated.ts';
import { scopeOf, type ClientScope, type MongoConnection } from '../../src/platform/mongo.ts';
import { createTransactions } from '../../src/platform/transaction.ts';
import type { SendRates } from '../../src/rates/send-rates.ts';
import { testConfig } from './config.ts';
import { captureLog } from './logger.ts';
import { buildMessage } from './messages.ts';
import { connectTestDatabase } from './mongo.ts';
import { noTemporal } from './temporal-namespace.ts';

/** A call that the provider has seen. */
export interface ProviderCall {
  readonly phoneNumberId: string;
  /** Only for calls to an endpoint other than messages. */
  readonly edge?: string;
  readonly to: string | null;
  readonly opaque: string | null;
  /** Null for a refused call. */
  readonly wamid: string | null;
  readonly body: unknown;
}

/** An accepted message of a new client, and the channel to send it by. */
export interface Sendable {
  readonly scope: ClientScope;
  readonly message: MessageDoc;
  readonly input: DispatchInput;
}

export interface DispatchStage {
  readonly deps: MessageActivityDeps & { readonly rates: SendRates };
  readonly messages: MessageRepository;
  /** Stores a message to this number, whose last two digits tell the sandbox what to do. */
  sendable(to: string, changes?: Partial<MessageDoc>): Promise<Sendable>;
  /**
   * Another message of the same client, on the same channel or a further one; with `isWindowOpen` the contact has
   * written.
   */
  another(
    beside: Sendable,
    to: string,
    options?: {
      readonly isWindowOpen?: boolean;
      readonly isOnOwnChannel?: boolean;
      readonly changes?: Partial<MessageDoc>;
    },
  ): Promise<Sendable>;
  /** The contact wrote a minute ago, and a service level measures the answer; returns what reads that clock. */
  awaitAnswer(sendable: Sendable): Promise<() => Promise<Pick<SlaClockDoc, 'state' | 'endedAt' | 'answers'>>>;
  collection<Doc extends mongo.Document = mongo.Document>(name: string): mongo.Collection<Doc>;
  stored(sendable: Sendable): Promise<MessageDoc>;
  callsFor(sendable: Sendable): Promise<readonly ProviderCall[]>;
  behave(behaviour: object): Promise<void>;
  /** Emits `commandStarted` for every command of the stage. */
  readonly monitor: mongo.MongoClient;
  close(): Promise<void>;
}

const timeoutMs = 1_000;

/** A client as sign-up creates it, reduced to what sending needs. */
async function addClient(mongo: MongoConnection): Promise<ClientScope> {
  const clientId = newId();
  await mongo.collection('clients').insertOne({
    _id: clientId,
    companyName: 'Test',
    timezone: 'Europe/Berlin',
    isActive: true,
    createdAt: new Date(),
    version: 1,
  });
  return scopeOf(clientId);
}

/**
 * The environment of the dispatch activity: the worker's core on real MongoDB, a real gateway, the sandbox in this
 * process.
 */
export async function setDispatchStage(): Promise<DispatchStage> {
  const database = await connectTestDatabase('activities', []);
  await migrate(database.connection);
  const dataDir = await mkdtemp(join(tmpdir(), 'whatsapp-crm-activities-'));
  const sandbox = await startSandbox({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    webhookUrl: 'http://127.0.0.1:9/nobody',
    appSecret: 'a secret for tests only',
    behaviour: { receipts: 'none', slowMs: 2 * timeoutMs },
  });
  const provider = { apiUrl: sandbox.url, apiVersion: 'v25.0', timeoutMs, connections: 10 };
  const config = testConfig({ MONGODB_URI: monitored(database.uri), ...noTemporal });
  const core = await buildCore(config, { name: 'worker', logger: captureLog().logger, provider });
  const { messages } = core;

  async function control<Body>(path: string, init: RequestInit = {}): Promise<Body> {
    const response = await fetch(`${sandbox.url}/sandbox${path}`, init);
    assert.ok(response.ok, await response.clone().text());
    return (await response.json()) as Body;
  }

  const addChannel = (scope: ClientScope): Promise<Types.ObjectId> =>
    createTransactions(core.mongo)(async (session) => {
      const added = await core.channels.addSandboxChannel(scope, session);
      await core.templates.addStarterTemplates(scope, added, session);
      return added;
    });

  interface Draft {
    readonly scope: ClientScope;
    readonly channelId: Types.ObjectId;
    readonly to: string;
    readonly isWindowOpen: boolean;
    readonly changes: Partial<MessageDoc>;
  }

  async function store({ scope, channelId, to, isWindowOpen, changes }: Draft): Promise<Sendable> {
    const contact = await core.contacts.findOrCreate(scope, { phoneNumber: to });
    const now = new Date();
    const key = { channelId, contactId: contact._id };
    const conversation = await core.conversations.findOrOpen(scope, key, now);
    const note = { at: now, from: [`tel:${to}`] };
    if (isWindowOpen) await core.conversations.noteInbound(scope, conversation._id, note);
    const fields = { ...scope, ...key, conversationId: conversation._id, to };
    const message = buildMessage({ ...fields, ...changes });
    assert.ok(await messages.insert(scope, message));
    const ids = { clientId: scope.clientId.toHexString(), messageId: message._id.toHexString() };
    return { scope, message, input: { ...ids, channelId: channelId.toHexString() } };
  }

  return {
    deps: core,
    messages,
    async sendable(to, changes = {}) {
      const scope = await addClient(core.mongo);
      const channelId = await addChannel(scope);
      return store({ scope, channelId, to, isWindowOpen: true, changes });
    },
    async another({ scope, message }, to, options = {}) {
      const { isWindowOpen = false, isOnOwnChannel = false, changes = {} } = options;
      const channelId = isOnOwnChannel ? await addChannel(scope) : message.channelId;
      return store({ scope, channelId, to, isWindowOpen, changes });
    },
    async awaitAnswer({ scope, message }) {
      const { channelId, contactId, conversationId } = message;
      const policy = {
        name: 'Standard',
        priority: 1,
        match: { channelIds: [] },
        firstResponseSeconds: 3_600,
      };
      const fresh = { _id: newId(), ...scope, ...policy, createdAt: new Date(), version: 1 };
      await core.mongo.collection('sla_policies').insertOne(fresh);
      const arriving = {
        ...{ at: new Date(Date.now() - 60_000), from: [] },
        ...{ makesLead: false, awaitsAnswer: true },
      };
      await core.runInTransaction((session) =>
        core.arrivals.placeWithin(scope, { channelId, contactId }, arriving, session),
      );
      return async () => {
        const clock = await core.mongo.collection<SlaClockDoc>('sla_clocks').findOne({ conversationId });
        assert.ok(clock, 'the contact waits for an answer');
        return clock;
      };
    },
    collection: (name) => core.mongo.collection(name) as never,
    async stored({ scope, message }) {
      const found = await messages.findById(scope, message._id);
      assert.ok(found);
      return found;
    },
    async callsFor({ message }) {
      const { items } = await control<{ items: ProviderCall[] }>('/ledger?limit=1000');
      return items.filter(({ opaque }) => opaque?.startsWith(message._id.toHexString()));
    },
    monitor: core.mongo.getClient(),
    behave: (behaviour) => control('/behaviour', { method: 'PUT', body: JSON.stringify(behaviour) }),
    async close() {
      await core.close();
      await sandbox.stop();
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const monitored = (uri: string): string => `${uri}${uri.includes('?') ? '&' : '?'}monitorCommands=true`;

/** One attempt of an activity, as the worker runs it. */
export function runActivity<Name extends keyof MessageActivities>(
  deps: MessageActivityDeps,
  name: Name,
  input: Parameters<MessageActivities[Name]>[0],
  onBeat: () => void = () => undefined,
): Promise<Awaited<ReturnType<MessageActivities[Name]>>> {
  const activity = createMessageActivities(deps)[name] as (
    given: typeof input,
  ) => Promise<Awaited<ReturnType<MessageActivities[Name]>>>;
  const environment = new MockActivityEnvironment(defaultActivityInfo, {
    logger: new DefaultLogger('ERROR'),
  });
  environment.on('heartbeat', onBeat);
  return environment.run(activity, input);
}

export const runDispatch = (deps: MessageActivityDeps, { input }: Sendable): Promise<DispatchResult> =>
  runActivity(deps, 'dispatch', input);

export const words = (message: MessageDoc): string[] => message.statusHistory.map(({ status }) => status);
