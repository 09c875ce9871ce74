import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { mongo } from 'mongoose';
import { planCrm, type CrmProcesses, type ReadyWhen } from '../../proofs/cluster/crm-processes.ts';
import { planTemporal } from '../../proofs/cluster/temporal.ts';
import { callsByMessage, readLedger, type LedgerItem } from '../../proofs/shared/ledger.ts';
import { workflowIdOf } from '../../src/sending/messages/contract.ts';
import { call, type Answer } from './crm-client.ts';
import { connectTestDatabase, type TestDatabase } from './mongo.ts';
import { createRestartable, type Restartable } from './restartable.ts';
import { createTestNamespace, testTemporalAddress } from './temporal-namespace.ts';
import { waitFor } from './wait.ts';

export interface StackOptions {
  /** Settings that override the product's defaults. */
  readonly env?: Readonly<Record<string, string>>;
  /** Starts a separate Temporal server, which the test may kill. */
  readonly hasOwnTemporal?: boolean;
  /** The test starts the worker. */
  readonly isWorkerLate?: boolean;
}

/** The product as real processes against real servers, with its own database and namespace. */
export interface Stack {
  readonly apiUrl: string;
  readonly secondApiUrl: string;
  readonly sandboxUrl: string;
  readonly env: Readonly<Record<string, string>>;
  readonly api: Restartable;
  readonly worker: Restartable;
  /** These run only if a test starts them. */
  readonly secondApi: Restartable;
  readonly secondWorker: Restartable;
  readonly sandbox: Restartable;
  /** Only with `hasOwnTemporal`. */
  readonly temporal: Restartable | null;
  readonly temporalClient: Client;
  collection<Doc extends mongo.Document = mongo.Document>(name: string): mongo.Collection<Doc>;
  /** The calls that the provider saw for a message, accepted or refused. */
  ledgerOf(messageId: string): Promise<readonly LedgerItem[]>;
  /** Any call to the sandbox's control API. */
  control<Body = unknown>(path: string, options?: { method?: string; body?: unknown }): Promise<Answer<Body>>;
  /**
   * Waits until a message's workflow has a status, as Temporal names it: RUNNING, COMPLETED, FAILED, CANCELED …
   * A run ends after its message, so a message that is `read` says nothing about its run.
   */
  waitForRun(messageId: string, status: string): Promise<void>;
  /** Starts the API with another readiness check: `healthz` starts it while a dependency is away. */
  startApi(ready: ReadyWhen): Promise<void>;
  /** The same for the worker. */
  startWorker(ready: ReadyWhen): Promise<void>;
  /** The logs of the processes, for a failed test. */
  logs(): Promise<string>;
  close(): Promise<void>;
}

/** Starts api, worker and sandbox from dist/ with everything they need; `close` stops all of it. */
export async function startStack(name: string, options: StackOptions = {}): Promise<Stack> {
  const folder = await mkdtemp(join(tmpdir(), `whatsapp-crm-${name}-`));
  const database = await connectTestDatabase(name.replaceAll('-', '_'), []);
  const temporal = options.hasOwnTemporal === true ? await planOwnTemporal(folder) : null;
  await temporal?.server.start();
  const temporalAddress = temporal?.address ?? testTemporalAddress();
  const namespace = temporal?.namespace ?? (await createTestNamespace(name));
  const crm = await planCrm({
    folder,
    mongodbUri: database.uri,
    temporalAddress,
    namespace,
    env: options.env ?? {},
  });
  const stack = assemble(crm, {
    folder,
    database,
    temporal: temporal?.server ?? null,
    temporalClient: new Client({ connection: Connection.lazy({ address: temporalAddress }), namespace }),
  });
  try {
    await crm.migrate();
    const worker = options.isWorkerLate === true ? undefined : stack.worker.start();
    await Promise.all([stack.sandbox.start(), stack.api.start(), worker]);
  } catch (error) {
    const logs = await stack.logs();
    await stack.close();
    throw new Error(`the stack did not start\n${logs}`, { cause: error });
  }
  return stack;
}

interface Parts {
  readonly folder: string;
  readonly database: TestDatabase;
  readonly temporal: Restartable | null;
  readonly temporalClient: Client;
}

function assemble(crm: CrmProcesses, { folder, database, temporal, temporalClient }: Parts): Stack {
  const { apiUrl, secondApiUrl, sandboxUrl, env } = crm;
  let worker = createRestartable(crm.worker());
  const secondApi = createRestartable(crm.secondApi());
  const secondWorker = createRestartable(crm.secondWorker());
  const sandbox = createRestartable(crm.sandbox());
  let api = createRestartable(crm.api());
  return {
    apiUrl,
    secondApiUrl,
    sandboxUrl,
    env,
    get api() {
      return api;
    },
    get worker() {
      return worker;
    },
    secondApi,
    secondWorker,
    sandbox,
    temporal,
    temporalClient,
    collection: (collectionName) => database.connection.collection(collectionName) as never,
    ledgerOf: async (messageId) => callsByMessage(await readLedger(sandboxUrl)).get(messageId) ?? [],
    control: (path, callOptions = {}) => call(`${sandboxUrl}/sandbox${path}`, callOptions),
    async waitForRun(messageId, status) {
      await waitFor(`the run of message ${messageId} is ${status}`, async () => {
        const run = await temporalClient.workflow.getHandle(workflowIdOf(messageId)).describe();
        return run.status.name === status;
      });
    },
    async startApi(ready) {
      api = createRestartable(crm.api(ready));
      await api.start();
    },
    async startWorker(ready) {
      worker = createRestartable(crm.worker(ready));
      await worker.start();
    },
    logs: () => readLogs(crm),
    async close() {
      await Promise.all([api.stop(), secondApi.stop(), worker.stop(), secondWorker.stop()]);
      await sandbox.stop();
      await temporalClient.connection.close();
      await temporal?.stop();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function planOwnTemporal(folder: string) {
  const binary = process.env['TEST_TEMPORAL_BINARY'] ?? '';
  const { service, address, namespace } = await planTemporal({ binary, folder });
  return { server: createRestartable(service), address, namespace };
}

const linesShown = 60;

async function readLogs(crm: CrmProcesses): Promise<string> {
  const parts = ['api', 'second-api', 'worker', 'second-worker', 'sandbox'].map(async (name) => {
    const text = await readFile(crm.logFileOf(name), 'utf8').catch(() => '(no log)');
    const lines = text
      .trimEnd()
      .split('\n')
      .filter((line) => !line.includes('"message":"request"'));
    return [`--- ${name}`, ...lines.slice(-linesShown).map((line) => line.slice(0, 1_000))].join('\n');
  });
  return (await Promise.all(parts)).join('\n');
}

/**
 * Starts a stack before the tests of a `describe` and stops it afterwards; prints the process logs after each failed
 * test. Returns a function, because the stack does not exist while tests are declared.
 */
export function useStack(name: string, options: StackOptions = {}): () => Stack {
  let stack: Stack | undefined;
  before(async function () {
    this.timeout(90_000);
    stack = await startStack(name, options);
  });
  afterEach(async function () {
    if (this.currentTest?.state !== 'failed' || stack === undefined) return;
    console.log(await stack.logs());
  });
  after(async function () {
    this.timeout(40_000);
    await stack?.close();
  });
  return () => {
    if (stack === undefined)
      throw new Error('the stack is started in a before hook: ask for it inside a test');
    return stack;
  };
}
