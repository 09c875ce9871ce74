import { join } from 'node:path';
import { startTemporal } from '../../scripts/servers/temporal.ts';
import type { Service } from '../../scripts/stack/supervise.ts';
import { stablePort } from './stable-port.ts';

export interface PlannedTemporal {
  readonly service: Service;
  readonly address: string;
  readonly namespace: string;
}

interface TemporalOptions {
  readonly binary: string;
  readonly folder: string;
}

/** A Temporal server that keeps its ports and its data when it is started again. Nothing is started yet. */
export async function planTemporal({ binary, folder }: TemporalOptions): Promise<PlannedTemporal> {
  const namespace = 'whatsapp-crm';
  const [port, uiPort, metricsPort] = [await stablePort(), await stablePort(), await stablePort()];
  const dbFile = join(folder, 'temporal.db');
  const logFile = join(folder, 'logs', 'temporal.log');
  return {
    address: `127.0.0.1:${port}`,
    namespace,
    service: {
      name: 'temporal',
      start: (onSpawn) =>
        startTemporal({ binary, port, uiPort, metricsPort, namespace, dbFile, logFile, onSpawn }),
    },
  };
}
