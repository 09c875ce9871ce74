import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { startSandbox } from '../../sandbox/server.ts';
import {
  APP_SECRET,
  control,
  makeDataDir,
  readLedger,
  send,
  setStage,
  startReceiver,
  templateTo,
  until,
  words,
  type Receiver,
  type Stage,
} from './helpers.ts';

const MAIN = fileURLToPath(new URL('../../sandbox/main.ts', import.meta.url));

describe('sandbox robustness', () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await setStage();
  });

  afterEach(async () => {
    await stage.end();
  });

  async function expectAlive(): Promise<void> {
    assert.equal((await send(stage.sandbox, templateTo('+15551234511'))).status, 200);
  }

  const bodies = [
    '',
    'null',
    '[]',
    '"text"',
    '{',
    '{"to":',
    '\u0000',
    '{"__proto__":{"to":1}}',
    '9'.repeat(400),
  ];
  for (const body of bodies) {
    it(`body ${JSON.stringify(body.slice(0, 24))} › a Graph error 100`, async () => {
      const reply = await send(stage.sandbox, body);
      assert.deepEqual([reply.status, reply.body.error?.code], [400, 100]);
      await expectAlive();
    });
  }

  it('JSON under another content type › a Graph error that names the header', async () => {
    const reply = await send(stage.sandbox, templateTo('+15551234501'), { 'content-type': 'text/plain' });
    assert.match(reply.body.error?.error_data.details ?? '', /content-type/);
  });

  it('body over 1 MB › 413, in the ledger without the body', async () => {
    const reply = await send(stage.sandbox, templateTo('+15551234501', 'x'.repeat(2 << 20)));
    assert.deepEqual([reply.status, reply.body.error?.code], [413, 100]);
    const [item] = (await readLedger(stage.sandbox)).items;
    assert.deepEqual([item?.answered, item?.body], [{ status: 413, code: 100 }, '']);
    await expectAlive();
  });

  for (const [method, path, status] of [
    ['GET', '/', 404],
    ['POST', '/v25.0/1/calls', 404],
    ['GET', '/v25.0/1/messages', 400],
    ['PUT', '/v25.0/1/message_templates', 400],
    ['DELETE', '/v25.0/1/message_templates', 401],
    ['POST', '/latest/1/messages', 404],
    ['GET', '//', 400],
    ['GET', '/sandbox/nothing', 404],
    ['POST', '/sandbox/health', 404],
  ] as const) {
    it(`${method} ${path} › ${status} as JSON`, async () => {
      const response = await fetch(`${stage.sandbox.url}${path}`, { method });
      assert.equal(response.status, status);
      assert.equal(
        typeof ((await response.json()) as { error: { message: string } }).error.message,
        'string',
      );
    });
  }

  it('bytes that are no HTTP, and callers that hang up › it goes on serving', async () => {
    const port = Number(new URL(stage.sandbox.url).port);
    const head = 'POST /v25.0/1/messages HTTP/1.1\r\nhost: a b\r\nauthorization: Bearer a\r\n';
    const attempts = [
      '\u0000\u0001garbage\r\n\r\n',
      `${head}content-length: 50\r\n\r\n{"half":`,
      'GET / HTTP/1.1\r\nhost: [\r\n\r\n',
    ];
    for (const text of attempts) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write(text);
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.destroy();
    }
    await expectAlive();
  });

  it('stop while a slow call is under way › answered at once, and its receipts come after the restart', async () => {
    await control(stage.sandbox, 'PUT /behaviour', { slowMs: 60_000 });
    const call = send(stage.sandbox, templateTo('+15551234504', 's:1'));
    await until(
      'the call is in the ledger',
      async () => (await readLedger(stage.sandbox)).items.length === 1,
    );
    await stage.sandbox.stop();
    assert.equal((await call).status, 200);
    stage = await stage.restart();
    const { body } = await control<{ receipts: { pending: number } }>(stage.sandbox, 'GET /stats');
    assert.equal(body.receipts.pending, 3);
  });

  it('port taken › the start is refused, and the data can be used by another start', async () => {
    const port = Number(new URL(stage.sandbox.url).port);
    const dataDir = await makeDataDir();
    const start = (atPort: number) => startSandbox({ ...stage.options, dataDir, port: atPort });
    await assert.rejects(start(port), /EADDRINUSE/);
    const other = await start(0);
    await other.stop();
    await rm(dataDir, { recursive: true });
    await expectAlive();
  });
});

describe('sandbox process', () => {
  let dataDir: string;
  let receiver: Receiver;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    dataDir = await makeDataDir();
    receiver = await startReceiver();
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await receiver.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  function spawnMain(changes: Record<string, string> = {}) {
    const environment = {
      SANDBOX_PORT: '0',
      SANDBOX_DATA_DIR: dataDir,
      SANDBOX_WEBHOOK_URL: receiver.url,
      SANDBOX_APP_SECRET: APP_SECRET,
      ...changes,
    };
    const child = spawn(process.execPath, ['--import', 'tsx', MAIN], { env: environment, stdio: 'pipe' });
    children.push(child);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
    return { child, exited, output: () => output };
  }

  async function startMain() {
    const { child, exited, output } = spawnMain();
    await until('listening', () => output().includes('"listening"'), 5_000);
    const { url } = JSON.parse(output().split('\n')[0] ?? '') as { url: string };
    return { child, exited, sandbox: { url, setWebhookUrl: () => {}, stop: () => Promise.resolve() } };
  }

  it('killed after an accepted call › the next run delivers its receipts, then SIGTERM ends it cleanly', async function () {
    this.timeout(15_000);
    const first = await startMain();
    await control(first.sandbox, 'PUT /behaviour', {
      receiptDelays: { sentMs: 800, deliveredMs: 800, readMs: 800 },
    });
    const reply = await send(first.sandbox, templateTo('+15551234501', 'k:1'));
    first.child.kill('SIGKILL');
    await first.exited;
    assert.deepEqual(receiver.statuses(), []);
    const second = await startMain();
    await until('three receipts', () => receiver.statuses().length >= 3, 3_000);
    assert.deepEqual(words(receiver.statuses()), ['sent', 'delivered', 'read']);
    assert.equal(receiver.statuses()[0]?.id, reply.body.messages?.[0]?.id);
    second.child.kill('SIGTERM');
    assert.deepEqual(await second.exited, [0, null]);
  });

  for (const [changes, message] of [
    [{ SANDBOX_APP_SECRET: '' }, 'SANDBOX_APP_SECRET is required'],
    [{ SANDBOX_PORT: 'http' }, 'SANDBOX_PORT must be a port number'],
    [{ SANDBOX_LIMITS: 'some' }, 'SANDBOX_LIMITS must be none or meta'],
  ] as const) {
    it(`start with ${JSON.stringify(changes)} › ends with 1 and says "${message}"`, async function () {
      this.timeout(10_000);
      const { exited, output } = spawnMain(changes);
      assert.deepEqual(await exited, [1, null]);
      assert.match(output(), new RegExp(message));
    });
  }
});
