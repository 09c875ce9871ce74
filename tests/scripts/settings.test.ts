import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootDir } from '../../scripts/paths.ts';
import { loadSecrets, mergeSecrets } from '../../scripts/stack/secrets.ts';
import { choosePorts, readSettings, toAddresses, toChildEnv } from '../../scripts/stack/settings.ts';
import { toScreen, toStackFile } from '../../scripts/stack/stack-file.ts';
import { freePort } from '../../scripts/servers/ports.ts';

const secrets = mergeSecrets(
  {
    JWT_ACCESS_TOKEN_SECRET: 'access',
    JWT_REFRESH_TOKEN_SECRET: 'refresh',
    CREDENTIALS_KEY: 'key',
    WEBHOOK_VERIFY_TOKEN: 'verify',
    SANDBOX_APP_SECRET: 'sandbox-secret',
  },
  {},
);
const noPids = { api: 1, worker: 2, mongod: null, temporal: 4, sandbox: 5 };

describe('settings of npm start', () => {
  it('nothing given › own servers on the usual ports', () => {
    const settings = readSettings({ MONGODB_URI: '  ', PORT: '' });
    assert.equal(settings.mongodbUri, null);
    const addresses = toAddresses(settings, settings.wantedPorts);
    assert.equal(addresses.api, 'http://localhost:4000');
    assert.equal(addresses.mongodbUri, 'mongodb://127.0.0.1:27017/whatsapp_crm?replicaSet=rs0');
    assert.equal(addresses.temporalAddress, '127.0.0.1:7233');
    assert.equal(addresses.temporalUi, 'http://localhost:8233');
  });

  it('servers given › they are used and their ports are not looked at', async () => {
    const busy = createServer().listen(0, '127.0.0.1');
    await once(busy, 'listening');
    const { port } = busy.address() as { port: number };
    const settings = readSettings({
      PORT: String(await freePort(null, assert.fail)),
      MONGODB_URI: 'mongodb://db.example.com/crm',
      MONGOD_PORT: String(port),
      TEMPORAL_ADDRESS: 'temporal.example.com:7233',
      TEMPORAL_UI_URL: 'https://ui.example.com',
      TEMPORAL_PORT: String(port),
    });
    const ports = await choosePorts(settings, (line) => assert.ok(!line.includes(String(port)), line));
    const addresses = toAddresses(settings, ports);
    busy.close();
    assert.equal(addresses.mongodbUri, 'mongodb://db.example.com/crm');
    assert.equal(addresses.temporalAddress, 'temporal.example.com:7233');
    assert.equal(addresses.temporalUi, 'https://ui.example.com');
  });

  it('PORT=80 › the address leaves it out, and every process still gets 80', () => {
    const settings = readSettings({ PORT: '80', METRICS_PORT: '80', SANDBOX_PORT: '80' });
    const addresses = toAddresses(settings, settings.wantedPorts);
    const child = toChildEnv({}, settings, addresses, secrets);
    assert.deepEqual([child['PORT'], child['METRICS_PORT'], child['SANDBOX_PORT']], ['80', '80', '80']);
    assert.equal(child['PUBLIC_URL'], 'http://localhost:80');
  });

  it('values that are no port › the usual port is looked at, and the environment is judged by its schema', () => {
    for (const PORT of ['abc', '-1', '65536', '99999'])
      assert.equal(readSettings({ PORT }).wantedPorts.PORT, 4000, PORT);
    assert.equal(readSettings({ PORT: '65535' }).wantedPorts.PORT, 65_535);
  });

  it('two programs want one port › they get different ones', async () => {
    const port = String(await freePort(null, assert.fail));
    const lines: string[] = [];
    const ports = await choosePorts(readSettings({ PORT: port, SANDBOX_PORT: port }), (line) =>
      lines.push(line),
    );
    assert.equal(ports.PORT, Number(port));
    assert.notEqual(ports.SANDBOX_PORT, ports.PORT);
    assert.ok(lines.some((line) => line.startsWith(`SANDBOX_PORT ${port} is taken`)));
  });
});

describe('environment of the processes', () => {
  const env = {
    PATH: '/bin',
    HOST: 'laptop',
    PORT: '4000',
    LOG_LEVEL: 'debug',
    WHATSAPP_API_URL: 'http://127.0.0.1:1',
  };
  const settings = readSettings(env);
  const addresses = toAddresses(settings, { ...settings.wantedPorts, PORT: 4100, SANDBOX_PORT: 4110 });

  it('given, made and decided values › what this run decided wins', () => {
    const child = toChildEnv(env, settings, addresses, secrets);
    assert.equal(child['PATH'], '/bin');
    assert.equal(child['LOG_LEVEL'], 'debug');
    assert.equal(child['HOST'], 'localhost');
    assert.equal(child['PORT'], '4100');
    assert.equal(child['PUBLIC_URL'], 'http://localhost:4100');
    assert.equal(child['WHATSAPP_API_URL'], 'http://127.0.0.1:4110');
    assert.equal(child['SANDBOX_WEBHOOK_URL'], 'http://127.0.0.1:4100/webhook/incoming');
    assert.equal(child['JWT_ACCESS_TOKEN_SECRET'], 'access');
    assert.ok(child['WHATSAPP_APP_SECRETS']?.split(',').includes(child['SANDBOX_APP_SECRET'] ?? 'none'));
  });

  it('mails › go to the catcher, unless the environment names a mail server', () => {
    assert.equal(toChildEnv(env, settings, addresses, secrets)['SMTP_URL'], 'smtp://127.0.0.1:4025');
    const given = { ...env, SMTP_URL: 'smtps://mail.example.com' };
    const own = readSettings(given);
    const theirs = toAddresses(own, own.wantedPorts);
    assert.equal(theirs.mail, null);
    assert.equal(toChildEnv(given, own, theirs, secrets)['SMTP_URL'], 'smtps://mail.example.com');
  });

  it('metrics › on the ports of this run; 0 switches them off', () => {
    const child = toChildEnv(env, settings, addresses, secrets);
    assert.deepEqual([child['METRICS_PORT'], child['WORKER_METRICS_PORT']], ['4002', '4003']);
    const off = readSettings({ METRICS_PORT: '0', WORKER_METRICS_PORT: '0' });
    const none = toAddresses(off, off.wantedPorts);
    assert.deepEqual(none.metrics, { api: null, worker: null });
    assert.equal(toChildEnv({}, off, none, secrets)['WORKER_METRICS_PORT'], '0');
  });

  it('the real provider is asked for › nothing of the sandbox is set', () => {
    const cloud = { ...env, WHATSAPP_PROVIDER: 'cloud' };
    const child = toChildEnv(cloud, readSettings(cloud), addresses, secrets);
    assert.equal(child['WHATSAPP_PROVIDER'], 'cloud');
    assert.equal(child['WHATSAPP_API_URL'], 'http://127.0.0.1:1');
    assert.equal(child['SANDBOX_PORT'], undefined);
  });
});

describe('secrets of npm start', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'secrets-test-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('first start › made, long enough, kept for the owner only, and the same at the next start', async () => {
    const file = join(folder, '.data', 'secrets.json');
    const first = loadSecrets(file, {});
    assert.deepEqual(loadSecrets(file, {}), first);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal(Buffer.from(first.CREDENTIALS_KEY, 'base64').length, 32);
    assert.ok(first.JWT_ACCESS_TOKEN_SECRET.length >= 32);
    assert.notEqual(first.JWT_ACCESS_TOKEN_SECRET, first.JWT_REFRESH_TOKEN_SECRET);
  });

  it('given by the environment › used, and never written to the file', async () => {
    const file = join(folder, 'secrets.json');
    const merged = loadSecrets(file, {
      CREDENTIALS_KEY: 'mine',
      WHATSAPP_APP_SECRETS: 'a, b',
      WHATSAPP_APP_SECRET: 'c',
    });
    assert.equal(merged.CREDENTIALS_KEY, 'mine');
    assert.deepEqual(merged.WHATSAPP_APP_SECRETS.split(','), ['a', 'b', 'c', merged.SANDBOX_APP_SECRET]);
    assert.ok(!(await readFile(file, 'utf8')).includes('mine'));
  });
});

describe('stack file and screen', () => {
  const settings = readSettings({});
  const addresses = toAddresses(settings, settings.wantedPorts);
  const demo = { email: 'demo@example.com', password: 'secret', messageIds: ['1'] };
  const parts = { settings, addresses, ports: settings.wantedPorts, demo, pids: noPids };

  it('content › exactly what scripts and tests rely on', () => {
    assert.deepEqual(toStackFile(parts), {
      api: 'http://localhost:4000',
      docs: 'http://localhost:4000/docs',
      temporalUi: 'http://localhost:8233',
      temporalAddress: '127.0.0.1:7233',
      temporalNamespace: 'whatsapp-crm',
      mongo: 'mongodb://127.0.0.1:27017/whatsapp_crm?replicaSet=rs0',
      sandbox: 'http://localhost:4010',
      mail: 'http://localhost:4026/dev/mails',
      metrics: ['http://localhost:4002/metrics', 'http://localhost:4003/metrics'],
      demo: { email: 'demo@example.com', password: 'secret' },
      ports: settings.wantedPorts,
      pids: noPids,
    });
  });

  it('screen › begins as README shows it', async () => {
    const readme = await readFile(join(rootDir, 'README.md'), 'utf8');
    const shown = /^Ready after [\d.]+ s\.\n([\s\S]*?)^```$/m.exec(readme)?.[1] ?? '';
    const [, email = '', password = ''] = /demo sign-in +(\S+) +(\S+)/.exec(shown) ?? [];
    const workflowId = /message:[0-9a-f]{24}/.exec(shown)?.[0] ?? '';
    const stack = toStackFile({ ...parts, demo: { email, password } });
    assert.ok(toScreen(stack, 'token', workflowId).startsWith(shown), shown);
    assert.ok(shown.includes(email) && email !== '');
  });

  it('screen › names every address, the sign-in, the workflow and a whole curl line', () => {
    const screen = toScreen(toStackFile(parts), 'token', 'message:65f0');
    for (const part of [
      'http://localhost:4000/docs',
      'http://localhost:8233/namespaces/whatsapp-crm/workflows/message:65f0',
      'demo@example.com   secret',
    ]) {
      assert.ok(screen.includes(part), part);
    }
    assert.deepEqual(
      [...screen.matchAll(/^ {2}([A-Z]+=\S+)$/gm)].map(([, line]) => line),
      ['API=http://localhost:4000', 'SANDBOX=http://localhost:4010', 'MAILS=http://localhost:4026/dev/mails'],
    );
    const curl = screen.split('\n').find((line) => line.includes('curl')) ?? '';
    assert.match(
      curl,
      /^curl -s http:\S+\/api\/messages\/template -H 'authorization: Bearer token' .*idempotency-key/,
    );
    assert.doesNotThrow(() => JSON.parse(/-d '(.*)'$/.exec(curl)?.[1] ?? ''));
  });
});
