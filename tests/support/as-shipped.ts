import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMailCatcher } from '../../scripts/mail/catcher.ts';
import { distDir } from '../../scripts/paths.ts';
import { createPortClaims } from '../../scripts/servers/port-claims.ts';
import { runCommand } from '../../scripts/servers/run-command.ts';
import { loadSecrets } from '../../scripts/stack/secrets.ts';
import { nodeService } from '../../scripts/stack/services.ts';
import { choosePorts, readSettings, toAddresses, toChildEnv } from '../../scripts/stack/settings.ts';
import { toScreen, toStackFile } from '../../scripts/stack/stack-file.ts';
import { connectTestDatabase } from './mongo.ts';
import { createRestartable } from './restartable.ts';
import { createTestNamespace, testTemporalAddress } from './temporal-namespace.ts';

const noPids = { api: null, worker: null, mongod: null, temporal: null, sandbox: null };
const stopTimeoutMs = 8_000;

/** The product as `npm start` starts it, on other ports and with the servers of the test run. */
export async function startAsShipped() {
  const folder = await mkdtemp(join(tmpdir(), 'whatsapp-crm-browser-'));
  const database = await connectTestDatabase('browser', []);
  const given = {
    PATH: process.env['PATH'] ?? '',
    MONGODB_URI: database.uri,
    TEMPORAL_ADDRESS: testTemporalAddress(),
    TEMPORAL_NAMESPACE: await createTestNamespace('browser'),
  };
  const settings = readSettings(given);
  const claims = createPortClaims();
  const ports = await choosePorts(
    settings,
    () => undefined,
    (port) => claims.claim(port),
  );
  const addresses = toAddresses(settings, ports);
  const secrets = loadSecrets(join(folder, 'secrets.json'), {});
  const env = {
    ...toChildEnv(given, settings, addresses, secrets),
    SANDBOX_DATA_DIR: join(folder, 'sandbox'),
  };
  const own = (name: string, entry: string, readyUrl: string) =>
    createRestartable(
      nodeService({
        ...{ name, entry: join(distDir, entry), readyUrl, env, stopTimeoutMs },
        logFile: join(folder, `${name}.log`),
      }),
    );
  const processes = [
    own('sandbox', 'sandbox/main.js', `${addresses.sandbox}/sandbox/health`),
    own('worker', 'src/bin/worker.js', `${addresses.workerHealth}/readyz`),
    own('api', 'src/bin/api.js', `${addresses.api}/readyz`),
  ];
  const catcher = await startMailCatcher({
    smtpPort: ports.MAIL_CATCHER_PORT,
    pagePort: ports.MAIL_PAGE_PORT,
    folder: join(folder, 'mails'),
  });
  const migrated = await runCommand(process.execPath, [join(distDir, 'src/bin/migrate.js')], 60_000, env);
  assert.equal(migrated.code, 0, migrated.output);
  await Promise.all(processes.map((process) => process.start()));
  const demo = { email: '-', password: '-', messageIds: [] };
  const screen = toScreen(toStackFile({ settings, addresses, ports, demo, pids: noPids }), '', null);
  return {
    /** As people read it on the screen. */
    api: /^ +API=(\S+)$/m.exec(screen)?.[1] ?? '',
    addresses,
    screen,
    async close() {
      await Promise.all(processes.map((process) => process.stop()));
      await catcher.stop();
      claims.release();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
