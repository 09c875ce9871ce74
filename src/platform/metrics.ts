import { createServer } from 'node:http';
import { listenOn } from './listen.ts';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export type ProcessName = 'api' | 'worker';

/** Upper bound of what database gauges count: an alert needs to know that there are many, not how many. */
export const maxCounted = 5_000;

/**
 * Upper bound of the series of a gauge that names clients. Such a gauge has series only for clients that are in trouble,
 * the most urgent first.
 */
export const maxClientSeries = 200;

/** One instrument of a table. Its name ends in the unit; each label has few values. */
export interface InstrumentDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** A noun phrase with unit and labels, shown in docs/metrics.md and on `/metrics`. */
  readonly help: string;
  readonly labels: readonly string[];
  /** The processes that expose it. */
  readonly processes: readonly ProcessName[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
  /**
   * The labels of series of a counter or histogram that exist with 0 from the start. Prometheus misses the first increase
   * of a series that does not exist yet, so every series that an alert picks by its labels must be here; one without
   * labels always exists.
   */
  readonly knownSeries?: readonly Readonly<Record<string, string>>[];
}

export type InstrumentTable = Readonly<Record<string, InstrumentDefinition>>;

type LabelsOf<D extends InstrumentDefinition> = Readonly<Record<D['labels'][number], string>>;

export interface CounterOf<Labels> {
  add(labels: Labels, amount?: number): void;
}

export interface GaugeOf<Labels> {
  /** Sets these values and drops all others, so that no stale value remains. */
  replace(entries: readonly { readonly labels: Labels; readonly value: number }[]): void;
}

export interface HistogramOf<Labels> {
  observe(labels: Labels, value: number): void;
}

type InstrumentOf<D extends InstrumentDefinition> = D['type'] extends 'counter'
  ? CounterOf<LabelsOf<D>>
  : D['type'] extends 'gauge'
    ? GaugeOf<LabelsOf<D>>
    : HistogramOf<LabelsOf<D>>;

export type Instruments<Table extends InstrumentTable> = {
  readonly [Key in keyof Table]: InstrumentOf<Table[Key]>;
};

/** The instruments of one area. */
export interface Measured<Table extends InstrumentTable> {
  readonly instruments: Instruments<Table>;
}

export interface Metrics<Table extends InstrumentTable> {
  /** By their keys in the table; an undeclared label does not compile. */
  readonly instruments: Instruments<Table>;
  readonly contentType: string;
  /** The metrics in Prometheus text format. */
  render(): Promise<string>;
}

/** Every combination of the values of some labels, for `knownSeries`. */
export const combinationsOf = (
  values: Readonly<Record<string, readonly string[]>>,
): readonly Readonly<Record<string, string>>[] =>
  Object.entries(values).reduce<readonly Readonly<Record<string, string>>[]>(
    (made, [label, each]) => made.flatMap((one) => each.map((value) => ({ ...one, [label]: value }))),
    [{}],
  );

/** Adds up the values of equal labels. */
export function sumSeries<Labels extends Readonly<Record<string, string>>>(
  entries: readonly { readonly labels: Labels; readonly value: number }[],
): { labels: Labels; value: number }[] {
  const sums = new Map<string, { labels: Labels; value: number }>();
  for (const { labels, value } of entries) {
    const key = JSON.stringify(labels);
    sums.set(key, { labels, value: (sums.get(key)?.value ?? 0) + value });
  }
  return [...sums.values()];
}

/** The metrics of one process. Each call has its own registry, so that tests can run several in one Node process. */
export function createMetrics<const Table extends InstrumentTable>(
  table: Table,
  { process: processName }: { process: ProcessName },
): Metrics<Table> {
  const registry = new Registry();
  registry.setDefaultLabels({ process: processName });
  collectDefaultMetrics({ register: registry });
  const instruments = Object.fromEntries(
    Object.entries(table).map(([key, definition]) => {
      // An instrument of another process works but is not exposed: its 0 would be wrong.
      const registers = definition.processes.includes(processName) ? [registry] : [];
      return [key, createInstrument(definition, registers)];
    }),
  );
  return {
    // Each value was made from the definition under the same key.
    instruments: instruments as Metrics<Table>['instruments'],
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
}

type AnyLabels = Readonly<Record<string, string>>;

function createInstrument(
  definition: InstrumentDefinition,
  registers: Registry[],
): CounterOf<AnyLabels> | GaugeOf<AnyLabels> | HistogramOf<AnyLabels> {
  const { name, help, labels, buckets, knownSeries = [] } = definition;
  const options = { name, help, labelNames: labels, registers };
  switch (definition.type) {
    case 'counter': {
      const counter = new Counter(options);
      for (const known of knownSeries) counter.inc(known, 0);
      return { add: (given, amount = 1) => counter.inc(given, amount) };
    }
    case 'gauge': {
      const gauge = new Gauge(options);
      return {
        replace(entries) {
          gauge.reset();
          for (const { labels: given, value } of entries) gauge.set(given, value);
        },
      };
    }
    case 'histogram': {
      const histogram = new Histogram({
        ...options,
        ...(buckets === undefined ? {} : { buckets: [...buckets] }),
      });
      for (const known of knownSeries) histogram.zero(known);
      return { observe: (given, value) => histogram.observe(given, value) };
    }
  }
}

/** What `GET /metrics` answers. */
export type MetricsPage = Pick<Metrics<InstrumentTable>, 'contentType' | 'render'>;

export interface MetricsServer {
  /** Null if metrics are disabled. */
  readonly port: number | null;
  close(): Promise<void>;
}

interface MetricsServerOptions {
  readonly host: string;
  /** 0 disables the server. */
  readonly port: number;
}

/** `GET /metrics` on its own port. Keep the port private: it shows how much a business sends. */
export async function serveMetrics(
  metrics: MetricsPage,
  { host, port }: MetricsServerOptions,
): Promise<MetricsServer> {
  if (port === 0) return { port: null, close: async () => undefined };
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
    const [path] = (request.url ?? '').split('?');
    if (path !== '/metrics' || request.method !== 'GET') return void response.writeHead(404).end();
    void metrics.render().then(
      (page) => {
        response.writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' });
        response.end(page);
      },
      () => response.writeHead(500).end(),
    );
  });
  const listening = await listenOn(server, port, host);
  return { port: listening.port, close: listening.close };
}
