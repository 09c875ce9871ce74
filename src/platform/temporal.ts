import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import protocol from '@temporalio/proto';
import { deadlineIn, sleep } from './clock.ts';
import type { Secret } from './secret.ts';

export interface TemporalOptions {
  readonly address: string;
  readonly namespace: string;
  readonly tls?: boolean;
  /** For Temporal Cloud. */
  readonly apiKey?: Secret | undefined;
}

/** Connection options, shared by client and worker. */
export const connectionOptionsOf = ({ address, tls, apiKey }: Omit<TemporalOptions, 'namespace'>) => ({
  address,
  tls: tls ?? false,
  ...(apiKey === undefined ? {} : { apiKey: apiKey.reveal() }),
});

export interface TemporalClient {
  readonly client: Client;
  /** Limits a queue's activities per second for each fairness key. Idempotent. */
  limitPerFairnessKey(taskQueue: string, requestsPerSecond: number): Promise<void>;
  /** Throws if the server or the namespace does not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** A client that connects on first use, so that a process can start without Temporal and report it on /readyz. */
export function createTemporalClient(options: TemporalOptions): TemporalClient {
  const { namespace } = options;
  const retries = createRetries();
  const connection = Connection.lazy({
    ...connectionOptionsOf(options),
    connectTimeout: '5s',
    interceptors: [retries.interceptor],
  });
  const client = new Client({ connection, namespace });
  return {
    client,
    async check() {
      await connection.withDeadline(deadlineIn(2_000), () =>
        connection.workflowService.describeNamespace({ namespace }),
      );
    },
    async limitPerFairnessKey(taskQueue, requestsPerSecond) {
      await connection.withDeadline(deadlineIn(10_000), () =>
        connection.workflowService.updateTaskQueueConfig({
          namespace,
          identity: 'whatsapp-crm',
          taskQueue,
          taskQueueType: protocol.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
          updateFairnessKeyRateLimitDefault: {
            rateLimit: { requestsPerSecond },
            reason: 'PROVIDER_SENDS_PER_SECOND',
          },
        }),
      );
    },
    async close() {
      await retries.end();
      await connection.close();
    },
  };
}

const maxRetryDelayMs = 2_000;

/**
 * The client's own retries of calls. A retry that comes due after the connection is closed throws from its timer, which
 * ends the process; so `end` allows no further ones and waits for those that are under way.
 */
function createRetries() {
  const defaults = defaultGrpcRetryOptions();
  let isEnding = false;
  let lastRetryAtMs = 0;
  return {
    interceptor: makeGrpcRetryInterceptor({
      retryableDecider: (attempt, status) => !isEnding && defaults.retryableDecider(attempt, status),
      delayFunction(attempt, status) {
        const delayMs = Math.min(maxRetryDelayMs, defaults.delayFunction(attempt, status));
        lastRetryAtMs = Math.max(lastRetryAtMs, performance.now() + delayMs);
        return delayMs;
      },
    }),

    async end(): Promise<void> {
      isEnding = true;
      const restMs = lastRetryAtMs - performance.now();
      // One millisecond more, because timers round down.
      if (restMs > 0) await sleep(restMs + 1);
    },
  };
}
