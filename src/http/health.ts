import { createServer } from 'node:http';
import { listenOn } from '../platform/listen.ts';
import { z } from 'zod';
import { sleep } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { zoneDataVersion } from '../platform/zones.ts';
import { createReadinessLog } from './readiness-log.ts';
import { type AnyRoute, route } from './route.ts';

/** A condition for taking requests; `check` throws if it is not met. */
export interface HealthCheck {
  readonly name: string;
  /** The remedy for a failed check; shown on /readyz. */
  readonly advice: string;
  /** The check without which this one says nothing: if that fails, this one is `unknown` and not shown. */
  readonly needs?: string;
  check(): Promise<void>;
}

type CheckState = 'ok' | 'failed' | 'unknown';

export interface Readiness {
  readonly status: 'ready' | 'not-ready' | 'draining';
  readonly checks: Readonly<Record<string, 'ok' | 'failed'>>;
  readonly todo?: readonly string[];
  /** The release of the time zone database by which quiet hours are judged. */
  readonly timeZoneData: string;
}

const checkTimeoutMs = 2_000;

const ReadinessView = z
  .object({
    status: z.enum(['ready', 'not-ready', 'draining']),
    checks: z.record(z.string(), z.enum(['ok', 'failed'])).meta({
      description: 'Without those that depend on a failed one, so that a cause stands alone',
    }),
    todo: z.array(z.string()).optional().meta({ description: 'What to do about each failed check' }),
    timeZoneData: z.string().meta({ description: 'The release of the IANA time zone database in use' }),
  })
  .meta({
    id: 'Readiness',
    examples: [{ status: 'ready', checks: { mongo: 'ok', temporal: 'ok' }, timeZoneData: '2026f' }],
  });

const HealthView = z.object({ status: z.literal('ok') }).meta({ id: 'Health', examples: [{ status: 'ok' }] });

interface ReadinessOptions {
  readonly checks: readonly HealthCheck[];
  readonly logger: Logger;
  readonly isDraining: () => boolean;
}

type ReadinessReader = () => Promise<Readiness>;

interface CheckResult {
  readonly check: HealthCheck;
  readonly state: CheckState;
  readonly error?: unknown;
}

/** Runs all checks at once, each with a time-out. */
export async function runChecks(checks: readonly HealthCheck[]): Promise<readonly CheckResult[]> {
  const results = await Promise.all(checks.map(async (check) => ({ check, error: await failureOf(check) })));
  const failed = new Set(results.flatMap(({ check, error }) => (error === undefined ? [] : [check.name])));
  return results.map(({ check, error }) => {
    if (error === undefined) return { check, state: 'ok' };
    return {
      check,
      state: check.needs !== undefined && failed.has(check.needs) ? 'unknown' : 'failed',
      error,
    };
  });
}

/** The cause of a failure goes to the log, not to the caller. */
function createReadiness({ checks, logger, isDraining }: ReadinessOptions): ReadinessReader {
  const log = createReadinessLog(logger);
  return async () => {
    const results = await runChecks(checks);
    log(results);
    const failed = results.filter(({ state }) => state === 'failed');
    const states = Object.fromEntries(
      results.flatMap(({ check, state }) => (state === 'unknown' ? [] : [[check.name, state] as const])),
    );
    const state = { checks: states, timeZoneData: zoneDataVersion };
    if (isDraining()) return { status: 'draining', ...state };
    if (failed.length === 0) return { status: 'ready', ...state };
    return {
      status: 'not-ready',
      ...state,
      todo: failed.map(({ check }) => `${check.name}: ${check.advice}`),
    };
  };
}

async function failureOf(check: HealthCheck): Promise<unknown> {
  const stop = new AbortController();
  const timedOut = sleep(checkTimeoutMs, stop.signal).then(() => {
    throw new Error(`no answer within ${checkTimeoutMs} ms`);
  });
  // Stopping the timer below makes `timedOut` reject after the race, when nothing handles it any more.
  timedOut.catch(() => undefined);
  try {
    await Promise.race([check.check(), timedOut]);
    return undefined;
  } catch (error) {
    return error ?? new Error('the check failed without an error');
  } finally {
    stop.abort();
  }
}

/** Liveness and readiness, for load balancers and operators. */
export function healthRoutes(options: ReadinessOptions): readonly AnyRoute[] {
  const readReadiness = createReadiness(options);
  const alive = async () => ({ status: 200 as const, body: { status: 'ok' } });
  const shared = {
    method: 'get',
    tag: 'Health',
    access: 'public',
    isUnlimited: true,
    replies: { 200: HealthView },
  } as const;
  return [
    route({
      ...shared,
      path: '/api/health',
      operationId: 'getHealth',
      summary: 'Check that the API answers',
      description:
        'Does not check any dependency; see `/readyz`. Like every request, 503 `not-ready` until the database fits this ' +
        'version, so that it tells whether the process takes requests.',
      handle: alive,
    }),
    route({
      ...shared,
      path: '/healthz',
      operationId: 'getLiveness',
      summary: 'Check that the process is alive',
      description: 'Does not check any dependency; see `/readyz`.',
      handle: alive,
    }),
    route({
      ...shared,
      path: '/readyz',
      operationId: 'getReadiness',
      summary: 'Check that the process can take requests',
      description: 'Runs every check, each bounded to 2 s. 503 names the failed checks and what to do.',
      replies: { 200: ReadinessView, 503: ReadinessView },
      async handle() {
        const readiness = await readReadiness();
        return { status: readiness.status === 'ready' ? (200 as const) : (503 as const), body: readiness };
      },
    }),
  ];
}

export interface HealthServer {
  readonly port: number;
  /** Makes /readyz answer 503 from now on. */
  drain(): void;
  close(): Promise<void>;
}

interface HealthServerOptions {
  readonly host: string;
  readonly port: number;
  readonly checks: readonly HealthCheck[];
  readonly logger: Logger;
}

/** `/healthz` and `/readyz` for a process without an HTTP API. */
export async function createHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  let draining = false;
  const readReadiness = createReadiness({ ...options, isDraining: () => draining });
  const answer = async (path: string): Promise<{ status: number; body: object }> => {
    if (path === '/healthz') return { status: 200, body: { status: 'ok' } };
    if (path !== '/readyz') return { status: 404, body: { status: 'not-found' } };
    const body = await readReadiness();
    return { status: body.status === 'ready' ? 200 : 503, body };
  };
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    void answer(path).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(JSON.stringify(body));
    });
  });
  const listening = await listenOn(server, options.port, options.host);
  return {
    port: listening.port,
    drain: () => {
      draining = true;
    },
    close: listening.close,
  };
}
