import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultActivityInfo, MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createMessageActivities, type MessageActivityDeps } from '../../activities/messages.ts';
import { startSandbox } from '../../sandbox/server.ts';
import { channelModel } from '../../src/channels/model.ts';
import { createChannelRepository } from '../../src/channels/repository.ts';
import { createChannelService } from '../../src/channels/service.ts';
import type { DispatchInput, DispatchResult, MessageActivities } from '../../src/messages/contract.ts';
import { messageModel, type MessageDoc } from '../../src/messages/model.ts';
import { createMessageRepository, type MessageRepository } from '../../src/messages/repository.ts';
import { createCipher } from '../../src/platform/cipher.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { newId } from '../../src/platform/ids.ts';
import { scopeOf, type ClientScope } from '../../src/platform/mongo.ts';
import { createCloudApiGateway } from '../../src/whatsapp/cloud-api.ts';
import { captureLog } from './logger.ts';
import { buildMessage } from './messages.ts';
import { connectTestDatabase } from './mongo.ts';

/** A call that the provider has seen. */
export interface ProviderCall {
  readonly phoneNumberId: string;
  readonly to: string | null;
  readonly opaque: string | null;
  /** Null for a refused call. */
  readonly wamid: string | null;
  readonly body: unknown;
}

/** An accepted message of a client of its own, with a channel to send it by. */
export interface Sendable {
  readonly scope: ClientScope;
  readonly message: MessageDoc;
  readonly input: DispatchInput;
}

export interface DispatchStage {
  readonly deps: MessageActivityDeps;
  readonly messages: MessageRepository;
  /** Stores a message to this number, whose last two digits tell the sandbox what to do. */
  sendable(to: string, changes?: Partial<MessageDoc>): Promise<Sendable>;
  stored(sendable: Sendable): Promise<MessageDoc>;
  callsFor(sendable: Sendable): Promise<readonly ProviderCall[]>;
  behave(behaviour: object): Promise<void>;
  close(): Promise<void>;
}

const timeoutMs = 1_000;

/** The dispatch activity's surroundings: real MongoDB, a real gateway, the sandbox in this process. */
export async function setDispatchStage(): Promise<DispatchStage> {
  const database = await connectTestDatabase('activities', [messageModel, channelModel]);
  const dataDir = await mkdtemp(join(tmpdir(), 'whatsapp-crm-activities-'));
  const sandbox = await startSandbox({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    webhookUrl: 'http://127.0.0.1:9/nobody',
    appSecret: 'a secret for tests only',
    behaviour: { receipts: 'none', slowMs: 2 * timeoutMs },
  });
  const gateway = createCloudApiGateway({
    apiUrl: sandbox.url,
    apiVersion: 'v25.0',
    timeoutMs,
    connections: 10,
  });
  const cipher = createCipher(randomBytes(32));
  const channels = createChannelService({
    channels: createChannelRepository(database.connection),
    cipher,
    clock: systemClock,
    sendsPerSecond: 80,
  });
  const messages = createMessageRepository(database.connection);
  const deps = { messages, channels, gateway, clock: systemClock, logger: captureLog().logger };

  async function control<Body>(path: string, init: RequestInit = {}): Promise<Body> {
    const response = await fetch(`${sandbox.url}/sandbox${path}`, init);
    assert.ok(response.ok, await response.clone().text());
    return (await response.json()) as Body;
  }

  return {
    deps,
    messages,
    async sendable(to, changes = {}) {
      const scope = scopeOf(newId());
      const channelId = newId();
      await createChannelRepository(database.connection).insert(scope, {
        _id: channelId,
        ...scope,
        displayNumber: '+15559990000',
        phoneNumberId: `sandbox-${channelId.toHexString()}`,
        wabaId: 'waba',
        accessToken: cipher.seal('token-of-a-test', channelId.toHexString()),
        webhookKeyHash: channelId.toHexString(),
        sendsPerSecond: 80,
        state: 'active',
        version: 1,
        createdAt: systemClock.now(),
      });
      const message = buildMessage({ ...scope, channelId, to, ...changes });
      assert.ok(await messages.insert(scope, message));
      const ids = { clientId: scope.clientId.toHexString(), messageId: message._id.toHexString() };
      return { scope, message, input: { ...ids, channelId: channelId.toHexString() } };
    },
    async stored({ scope, message }) {
      const found = await messages.findById(scope, message._id);
      assert.ok(found);
      return found;
    },
    async callsFor({ message }) {
      const { items } = await control<{ items: ProviderCall[] }>('/ledger?limit=1000');
      return items.filter(({ opaque }) => opaque?.startsWith(message._id.toHexString()));
    },
    behave: (behaviour) => control('/behaviour', { method: 'PUT', body: JSON.stringify(behaviour) }),
    async close() {
      await gateway.close();
      await sandbox.stop();
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** One attempt of an activity, as the worker would run it. */
export function runActivity<Name extends keyof MessageActivities>(
  deps: MessageActivityDeps,
  name: Name,
  input: Parameters<MessageActivities[Name]>[0],
): Promise<Awaited<ReturnType<MessageActivities[Name]>>> {
  const activity = createMessageActivities(deps)[name] as (
    given: typeof input,
  ) => Promise<Awaited<ReturnType<MessageActivities[Name]>>>;
  return new MockActivityEnvironment(defaultActivityInfo, { logger: new DefaultLogger('ERROR') }).run(
    activity,
    input,
  );
}

export const runDispatch = (deps: MessageActivityDeps, { input }: Sendable): Promise<DispatchResult> =>
  runActivity(deps, 'dispatch', input);

export const words = (message: MessageDoc): string[] => message.statusHistory.map(({ status }) => status);
