import { quantile } from '../stats.ts';
import { openConnections, runClosedLoop } from './closed-loop.ts';
import type { HttpConnection } from './http-connections.ts';
import { runOpenLoop } from './open-loop.ts';

/** Milliseconds from the moment at which a request should have left to its answer. */
export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const closedConnections = 64;
const maxOpenConnections = 256;

/** Posts everything as fast as 64 connections allow; answers the seconds that it took. */
export const postClosedLoop = (url: string, requests: readonly Buffer[]): Promise<number> =>
  runClosedLoop({ url, count: requests.length, connections: closedConnections }, (connection, index) =>
    post(connection, requests[index]),
  );

export interface OpenLoopResult {
  readonly latency: Latency;
  readonly perSecond: number;
  /** The longest that a request left after its time, because the load generator itself was late. */
  readonly generatorLagMs: number;
}

/**
 * Posts at a fixed rate whatever the answers do. Latency counts from the planned time, so that a server that stalls
 * cannot hide it by holding the load back.
 */
export async function postOpenLoop(
  url: string,
  requests: readonly Buffer[],
  perSecond: number,
): Promise<OpenLoopResult> {
  const connections = await openConnections(url, Math.min(maxOpenConnections, requests.length));
  const idle = [...connections];
  const queue: (() => void)[] = [];
  const latencies: number[] = [];

  async function postAt(plannedAt: number, request: Buffer | undefined): Promise<void> {
    if (idle.length === 0) await new Promise<void>((resolve) => queue.push(resolve));
    const connection = idle.pop();
    if (connection === undefined) throw new Error('a connection was promised');
    await post(connection, request);
    latencies.push(performance.now() - plannedAt);
    idle.push(connection);
    queue.shift()?.();
  }

  try {
    const { seconds, generatorLagMs } = await runOpenLoop(
      { count: requests.length, perSecond },
      (index, plannedAt) => postAt(plannedAt, requests[index]),
    );
    return { latency: describeLatency(latencies), perSecond: requests.length / seconds, generatorLagMs };
  } finally {
    for (const connection of connections) connection.close();
  }
}

async function post(connection: HttpConnection, request: Buffer | undefined): Promise<void> {
  if (request === undefined) throw new Error('there is no such request');
  const { status } = await connection.send(request);
  if (status !== 200) throw new Error(`a webhook was answered with ${status}`);
}

const describeLatency = (latencies: readonly number[]): Latency => ({
  p50Ms: quantile(latencies, 0.5),
  p99Ms: quantile(latencies, 0.99),
  maxMs: Math.max(...latencies),
});
