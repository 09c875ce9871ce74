import { openConnection, type HttpConnection } from './http-connections.ts';
import { runPool } from './pool.ts';

export interface ClosedLoop {
  readonly url: string;
  readonly count: number;
  /** Each has at most one request in flight. */
  readonly connections: number;
}

/** Runs `step` for each request as fast as the connections allow; returns the seconds it took. */
export async function runClosedLoop(
  { url, count, connections: width }: ClosedLoop,
  step: (connection: HttpConnection, index: number) => Promise<void>,
): Promise<number> {
  const connections = await openConnections(url, width);
  const idle = [...connections];
  const startedAt = performance.now();
  try {
    await runPool(count, width, async (index) => {
      const connection = idle.pop();
      if (connection === undefined) throw new Error('there are fewer connections than lanes');
      await step(connection, index);
      idle.push(connection);
    });
  } finally {
    for (const connection of connections) connection.close();
  }
  return (performance.now() - startedAt) / 1_000;
}

export const openConnections = (url: string, count: number): Promise<HttpConnection[]> =>
  Promise.all(Array.from({ length: count }, () => openConnection(url)));
