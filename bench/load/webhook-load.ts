import { quantile } from '../stats.ts';
import { openConnections, runClosedLoop } from './closed-loop.ts';
import type { HttpConnection } from './http-connections.ts';
import { runOpenLoop } from './open-loop.ts';

/** Milliseconds from the time at which a request was due to its answer. */
export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const closedConnections = 64;
const maxOpenConnections = 256;

/** Posts everything as fast as 64 connections allow; returns the seconds it took. */
export const postClosedLoop = (url: string, requests: readonly Buffer[]): Promise<number> =>
  runClosedLoop({ url, count: requests.length, connections: closedConnections }, (connection, index) =>
    post(connection, requests[index]),
  );

export interface OpenLoopResult {
  readonly latency: Latency;
  readonly perSecond: number;
  /** The maximum delay of a request, caused by the load generator itself. */
  readonly generatorLagMs: number;
}

/**
 * Posts at a fixed rate regardless of the answers. Latency counts from the planned time, so that a stalling server
 * cannot hide it by slowing the load down.
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
    if (connection === undefined) throw new Error('no connection is free');
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
  if (request === undefined) throw new Error('no request has this index');
  const { status } = await connection.send(request);
  if (status !== 200) throw new Error(`a webhook got status ${status}`);
}

const describeLatency = (latencies: readonly number[]): Latency => ({
  p50Ms: quantile(latencies, 0.5),
  p99Ms: quantile(latencies, 0.99),
  maxMs: Math.max(...latencies),
});
