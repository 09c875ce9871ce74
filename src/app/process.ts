import { ConfigError } from '../platform/config.ts';
import { createLogger, type Logger } from '../platform/logger.ts';
import { describeMisspelt } from '../platform/misspelt-names.ts';
import { type Config, loadConfig, misspeltNames } from './config.ts';

interface Running {
  /** Settles when the process ends on its own. */
  readonly running?: Promise<void>;
  close(): Promise<void>;
}

const stopSignals = ['SIGTERM', 'SIGINT'] as const;

/**
 * Runs one process: reads the environment, starts, waits for SIGTERM or SIGINT, closes. Exits with 1 and one message if
 * it cannot start or fails.
 */
export async function runProcess(
  name: string,
  start: (config: Config, logger: Logger) => Promise<Running>,
): Promise<void> {
  const config = readConfig();
  const logger = createLogger({ level: config.deployment.logLevel, name });
  try {
    const { insecureSettings } = config.deployment;
    if (insecureSettings.length > 0)
      logger.warn({ insecureSettings }, 'insecure settings are accepted (INSECURE_SETTINGS)');
    const misspelt = misspeltNames();
    if (misspelt.length > 0)
      logger.warn({ misspelt }, 'unknown variables resemble settings and have no effect');
    const stopped = untilSignal();
    const started = await start(config, logger);
    logger.info({}, `${name} started`);
    await Promise.race([stopped, started.running ?? new Promise<never>(() => undefined)]);
    logger.info({}, `${name} stopping`);
    await started.close();
    logger.info({}, `${name} stopped`);
    process.exit(0);
  } catch (error) {
    logger.error({ error }, `${name} failed`);
    process.exit(1);
  }
}

const untilSignal = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of stopSignals) process.once(signal, () => resolve());
  });

function readConfig(): Config {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // A misspelt name is often why another one is missing.
    for (const misspelt of misspeltNames()) process.stderr.write(`warning: ${describeMisspelt(misspelt)}\n`);
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
