import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rootDir } from '../../scripts/paths.ts';
import { mergeSecrets } from '../../scripts/stack/secrets.ts';
import { ownServices } from '../../scripts/stack/services.ts';
import { readSettings, toAddresses, toChildEnv } from '../../scripts/stack/settings.ts';
import { stopDeadlineOf } from '../../scripts/stack/stack.ts';

const secrets = mergeSecrets(
  {
    JWT_ACCESS_TOKEN_SECRET: 'access-'.repeat(8),
    JWT_REFRESH_TOKEN_SECRET: 'refresh-'.repeat(8),
    CREDENTIALS_KEY: Buffer.alloc(32, 7).toString('base64'),
    WEBHOOK_VERIFY_TOKEN: 'verify-'.repeat(8),
    SANDBOX_APP_SECRET: 'sandbox-'.repeat(8),
  },
  {},
);

function servicesWith(given: Readonly<Record<string, string>>) {
  const settings = readSettings(given);
  const addresses = toAddresses(settings, settings.wantedPorts);
  return ownServices(addresses, toChildEnv(given, settings, addresses, secrets));
}

describe('stop of npm start', () => {
  for (const [what, given, graceMs] of [
    ['given', { SHUTDOWN_GRACE: '40s' }, 40_000],
    ['not given', {}, 25_000],
  ] as const) {
    it(`SHUTDOWN_GRACE ${what} › API and worker have it, and time to close, before they are killed`, () => {
      const services = servicesWith(given);
      for (const { stopTimeoutMs } of [services.api, services.worker])
        assert.ok(stopTimeoutMs >= graceMs + 3_000, String(stopTimeoutMs));
      const all = Object.values(services);
      assert.ok(stopDeadlineOf(all) > all.reduce((sum, { stopTimeoutMs }) => sum + stopTimeoutMs, 0));
    });
  }
});

describe('npm', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stopping-test-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Writes files when it runs and when it is down, the latter some time after it was asked to stop. */
  const program = `
    import { writeFileSync } from 'node:fs';
    process.on('SIGTERM', () => setTimeout(() => { writeFileSync('down', ''); process.exit(0); }, 500));
    writeFileSync('running', '');
    setInterval(() => {}, 1_000);
  `;
  const exists = (name: string) =>
    readFile(join(folder, name)).then(
      () => true,
      () => false,
    );

  for (const name of ['start', 'start:api', 'start:worker']) {
    it(`npm run ${name} gets SIGTERM › returns when what it started is down`, async function () {
      this.timeout(30_000);
      const manifest = JSON.parse(await readFile(join(rootDir, 'package.json'), 'utf8')) as {
        scripts: Record<string, string>;
      };
      const command = manifest.scripts[name]?.replace(/node .*/, 'node program.mjs');
      await writeFile(join(folder, 'package.json'), JSON.stringify({ scripts: { start: command } }));
      await writeFile(join(folder, 'program.mjs'), program);
      const npm = spawn('npm', ['start'], { cwd: folder, stdio: 'ignore' });
      const exited = once(npm, 'exit');
      while (!(await exists('running'))) await sleep(50);
      npm.kill('SIGTERM');
      await exited;
      assert.equal(await exists('down'), true);
    });
  }
});
