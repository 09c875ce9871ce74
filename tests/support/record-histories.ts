import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildProject } from '../../scripts/build.ts';
import { findBinary } from '../../scripts/servers/find.ts';
import { freePort } from '../../scripts/servers/ports.ts';
import type { RunningServer } from '../../scripts/servers/server-process.ts';
import { startTemporal } from '../../scripts/servers/temporal.ts';
import { currentImportVersion, currentVersion, saveHistory } from './histories.ts';
import { importScenarios, startImportPlays } from './import-scenarios.ts';
import { scenarios } from './send-message-scenarios.ts';
import { startStage } from './use-stage.ts';

/**
 * Records the history of every path through a workflow on a real server, for the replay test. Only for a new version of
 * the workflow: histories of a released version never change.
 */
const log = (line: string) => console.log(line);
const recorders: Readonly<Record<string, () => Promise<void>>> = {
  [currentVersion]: recordMessages,
  [currentImportVersion]: recordImports,
};
const [version = ''] = process.argv.slice(2).filter((arg) => arg !== '--');
const record = recorders[version];
if (record === undefined) throw new Error(`Name one of ${Object.keys(recorders).join(', ')}.`);
await buildProject(log);
const folder = await mkdtemp(join(tmpdir(), 'whatsapp-crm-histories-'));
let server: RunningServer | undefined;
try {
  const binary = await findBinary('temporal', log);
  const started = await startTemporal({
    binary: binary.path,
    port: await freePort(null, log),
    uiPort: await freePort(null, log),
    dbFile: join(folder, 'temporal.db'),
    namespace: 'whatsapp-crm',
    logFile: join(folder, 'temporal.log'),
    onSpawn: (spawned) => (server = spawned),
  });
  process.env['TEST_TEMPORAL_ADDRESS'] = started.address;
  await record();
} finally {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
}

async function recordMessages(): Promise<void> {
  const stage = await startStage('histories');
  try {
    for (const [name, scenario] of Object.entries(scenarios)) {
      const play = await scenario(stage);
      await saveHistory(currentVersion, name, await play.handle.fetchHistory());
      log(`${name}: ${(await play.handle.describe()).status.name}`);
    }
  } finally {
    await stage.close();
  }
}

async function recordImports(): Promise<void> {
  const plays = await startImportPlays('histories');
  try {
    for (const [name, scenario] of Object.entries(importScenarios)) {
      const { handle, calls } = await scenario(plays);
      await saveHistory(currentImportVersion, name, await handle.fetchHistory());
      log(`${name}: ${calls.join(', ')}`);
    }
  } finally {
    await plays.close();
  }
}
