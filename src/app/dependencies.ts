import { type HealthCheck, runChecks } from '../http/health.ts';
import type { Logger } from '../platform/logger.ts';
import type { DatabaseWait } from '../platform/database-wait.ts';
import { databaseOf, type MongoConnection } from '../platform/mongo.ts';
import type { TemporalClient } from '../platform/temporal.ts';
import type { CrmMetrics } from './instruments.ts';

interface DependencyWatchDeps {
  readonly checks: readonly HealthCheck[];
  readonly metrics: CrmMetrics;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/**
 * Measures what this process needs, by the checks of /readyz: an alert must not wait until somebody sends a request. A
 * check that cannot be made because of another keeps its last value. Logs only changes.
 */
export function createDependencyWatch({ checks, metrics, logger }: DependencyWatchDeps) {
  const isUp = new Map<string, boolean>();
  return async (): Promise<void> => {
    const results = await runChecks(checks);
    for (const { check, state, error } of results) {
      if (state === 'unknown') continue;
      const wasUp = isUp.get(check.name);
      isUp.set(check.name, state === 'ok');
      const dependency = check.name;
      if (state === 'failed' && wasUp !== false) logger.warn({ dependency, error }, 'dependency is away');
      if (state === 'ok' && wasUp === false) logger.info({ dependency }, 'dependency is back');
    }
    metrics.instruments.dependencyUp.replace(
      Array.from(isUp, ([dependency, up]) => ({ labels: { dependency }, value: up ? 1 : 0 })),
    );
  };
}

interface Connections {
  readonly mongo: MongoConnection;
  readonly temporal: TemporalClient;
  readonly database: DatabaseWait;
}

/** The checks that API and worker share. */
export const healthChecks = ({ mongo, temporal, database }: Connections): readonly HealthCheck[] => [
  {
    name: 'mongo',
    advice: 'Check that MongoDB runs as a replica set and that MONGODB_URI names it.',
    check: async () => void (await databaseOf(mongo).command({ ping: 1 })),
  },
  {
    name: 'temporal',
    advice: 'Check that Temporal runs and that TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE are correct.',
    check: temporal.check,
  },
  {
    name: 'migrations',
    needs: 'mongo',
    advice: 'Run npm run migrate. This process waits for it and takes no work until then.',
    check: database.check,
  },
];
