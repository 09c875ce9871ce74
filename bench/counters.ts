import { request } from 'undici';
import type mongoose from 'mongoose';

/** Counters by name; they only grow while a server runs. */
export type Counts = Readonly<Record<string, number>>;

/** The difference between two readings, without zeros. */
export function difference(before: Counts, after: Counts): Record<string, number> {
  const grown = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, count]) => count !== 0));
}

interface ServerStatus {
  readonly metrics: {
    readonly commands: Readonly<Record<string, unknown>>;
    readonly document: Readonly<Record<string, unknown>>;
  };
  readonly wiredTiger: { readonly log: Readonly<Record<string, unknown>> };
}

/** Commands by name (`find`), documents by operation (`documents inserted`), and forced log syncs. */
export async function readMongoCounts(client: mongoose.mongo.MongoClient): Promise<Counts> {
  const status = (await client.db('admin').command({ serverStatus: 1 })) as ServerStatus & object;
  const counts: Record<string, number> = {};
  for (const [name, { total }] of Object.entries(
    status.metrics.commands as Record<string, { total?: unknown }>,
  )) {
    if (total !== undefined) counts[name] = Number(total);
  }
  for (const [name, count] of Object.entries(status.metrics.document))
    counts[`documents ${name}`] = Number(count);
  counts['log syncs'] = Number(status.wiredTiger.log['log sync operations']);
  return counts;
}

/** Requests to the Temporal server by operation; its own database requests are under `persistence`. */
export async function readTemporalCounts(metricsUrl: string): Promise<Counts> {
  const answer = await request(metricsUrl);
  return parseRequestCounts(await answer.body.text());
}

/** Parses Prometheus' text format. */
export function parseRequestCounts(text: string): Counts {
  const counts: Record<string, number> = {};
  const add = (name: string, count: number) => {
    counts[name] = (counts[name] ?? 0) + count;
  };
  for (const line of text.split('\n')) {
    const [, metric, labels = '', value] =
      /^(service_requests|persistence_requests)\{(.*)\} (\S+)$/.exec(line) ?? [];
    if (metric === undefined) continue;
    const label = (name: string) => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
    if (metric === 'persistence_requests') add('persistence', Number(value));
    else if (label('service_name') === 'frontend') add(label('operation'), Number(value));
  }
  return counts;
}
