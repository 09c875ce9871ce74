import assert from 'node:assert/strict';
import { captureLog } from './logger.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '../../sandbox/server.ts';
import { createNumberChecks } from '../../src/channels/number-checks.ts';
import type { ChannelView } from '../../src/channels/schemas.ts';
import { createChannelRepository } from '../../src/channels/store/repository.ts';
import type { Core } from '../../src/app/core.ts';
import { newId, newSecret } from '../../src/platform/ids.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { createCloudApiGateway } from '../../src/whatsapp/cloud-api.ts';
import { call, type Answer } from './http.ts';
import type { CrmUser } from './crm-client.ts';

/** A number at Meta, with its account and a token that may use both. */
export interface MetaNumber {
  readonly phoneNumberId: string;
  readonly wabaId: string;
  readonly accessToken: string;
}

/** A sandbox that knows which number is in which account, and which tokens may use it. */
export interface StrictSandbox {
  readonly url: string;
  /** A number that only its token may use. */
  addNumber(): Promise<MetaNumber>;
  /** From now on these tokens, and no others, may use the account. */
  allow(wabaId: string, tokens: readonly string[]): Promise<void>;
  behave(behaviour: object): Promise<void>;
  stop(): Promise<void>;
}

export async function startStrictSandbox(): Promise<StrictSandbox> {
  const dataDir = await mkdtemp(join(tmpdir(), 'whatsapp-crm-ownership-'));
  const sandbox: Sandbox = await startSandbox({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    webhookUrl: 'http://127.0.0.1:9/nobody',
    appSecret: newSecret(),
  });
  const numbers: Record<string, object> = {};
  const accountTokens: Record<string, readonly string[]> = {};
  const behave = async (behaviour: object) => {
    const answer = await call(`${sandbox.url}/sandbox/behaviour`, { method: 'PUT', json: behaviour });
    assert.equal(answer.status, 200, answer.text);
  };
  return {
    url: sandbox.url,
    behave,
    async addNumber() {
      const number = {
        phoneNumberId: newId().toHexString(),
        wabaId: newId().toHexString(),
        accessToken: newSecret(),
      };
      numbers[number.phoneNumberId] = { wabaId: number.wabaId };
      accountTokens[number.wabaId] = [number.accessToken];
      await behave({ numbers, accountTokens });
      return number;
    },
    async allow(wabaId, tokens) {
      accountTokens[wabaId] = tokens;
      await behave({ accountTokens });
    },
    async stop() {
      await sandbox.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export type CreatedChannel = ChannelView & { readonly webhookUrl: string };

export async function tryConnect(
  user: CrmUser,
  number: MetaNumber,
  fields: object = {},
): Promise<Pick<Answer, 'status'> & { readonly body: CreatedChannel & { code?: string; detail?: string } }> {
  return user.call('/api/channels', {
    method: 'POST',
    body: {
      ...{ displayNumber: '+15550001000', phoneNumberId: number.phoneNumberId, wabaId: number.wabaId },
      ...{ accessToken: number.accessToken, ...fields },
    },
  });
}

export async function connect(
  user: CrmUser,
  number: MetaNumber,
  fields: object = {},
): Promise<CreatedChannel> {
  const { status, body } = await tryConnect(user, number, fields);
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}

export async function viewOf(user: CrmUser, { id }: Pick<ChannelView, 'id'>): Promise<ChannelView> {
  const { status, body } = await user.call<ChannelView>(`/api/channels/${id}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

/** The number checks of a worker, with the provider at this address. */
export function checksOf(core: Core, { url, clock }: { url: string; clock: Clock }) {
  const gateway = createCloudApiGateway({
    apiUrl: url,
    apiVersion: 'v25.0',
    timeoutMs: 2_000,
    connections: 2,
  });
  const checks = createNumberChecks({
    logger: captureLog().logger,
    channels: createChannelRepository(core.mongo),
    directory: core.channels,
    gateway,
    audit: core.audit,
    openings: core.openings,
    clock,
  });
  return { checkDue: checks.checkDue, close: () => gateway.close() };
}
