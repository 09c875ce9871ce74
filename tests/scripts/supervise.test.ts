import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../scripts/servers/ports.ts';
import { runCommand } from '../../scripts/servers/run-command.ts';
import { launchServer } from '../../scripts/servers/server-process.ts';
import {
  AlreadyRunningError,
  becomeSupervisor,
  isStillRunning,
  saveProcesses,
  type KnownProcess,
} from '../../scripts/stack/processes.ts';
import { nodeService } from '../../scripts/stack/services.ts';
import { supervise, type Supervised } from '../../scripts/stack/supervise.ts';

/** Answers 200 once it listens; says "stopping" when it is asked to stop. */
const standIn = `
  import { createServer } from 'node:http';
  const server = createServer((_, response) => response.end('ok')).listen(Number(process.env.PORT), '127.0.0.1');
  process.on('SIGTERM', () => { console.log('stopping'); server.close(); server.closeAllConnections(); });
`;

let folder: string;
const started: Supervised[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supervise-test-'));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((service) => service.stop()));
  await rm(folder, { recursive: true });
});

async function prepare(program: string) {
  const entry = join(folder, 'program.mjs');
  await writeFile(entry, program);
  const port = await freePort(null, assert.fail);
  const pids: number[] = [];
  const lines: string[] = [];
  const logFile = join(folder, 'program.log');
  const service = nodeService({
    name: 'program',
    entry,
    readyUrl: `http://127.0.0.1:${port}/`,
    env: { PORT: String(port), PATH: process.env['PATH'] ?? '' },
    stopTimeoutMs: 1_000,
    logFile,
  });
  const launch = () => {
    const supervised = supervise(service, {
      log: (line) => lines.push(line),
      onPid: (pid) => pids.push(pid),
      firstDelayMs: 50,
    });
    started.push(supervised);
    return supervised;
  };
  return { entry, port, pids, lines, logFile, launch };
}

async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `not in ${timeoutMs} ms: ${condition.toString()}`);
    await sleep(20);
  }
}

describe('supervised process', () => {
  it('it is killed › it is started again, with a notice and its new id', async () => {
    const { pids, lines, port, launch } = await prepare(standIn);
    const program = launch();
    await program.ready;
    program.kill();
    await until(() => lines.some((line) => line.includes('program restarted')));
    assert.equal(pids.length, 2);
    assert.notEqual(pids[0], pids[1]);
    assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
    assert.deepEqual(lines, [
      'program ended (killed); restarting in 0.05 s',
      `program restarted (pid ${pids[1]})`,
    ]);
  });

  it('it dies again and again › the pauses double', async () => {
    const { lines, launch, entry } = await prepare(standIn);
    const program = launch();
    await program.ready;
    await writeFile(entry, 'process.exit(3)');
    program.kill();
    await until(() => lines.filter((line) => line.includes('restarting')).length >= 3);
    const pauses = lines.map((line) => /restarting in ([\d.]+) s/.exec(line)?.[1]).filter(Boolean);
    assert.deepEqual(pauses.slice(0, 3), ['0.05', '0.1', '0.2']);
    assert.ok(lines.some((line) => line.includes('program did not start: program ended while starting')));
  });

  it('it is stopped › it gets its time to end, and is not started again', async () => {
    const { pids, lines, logFile, launch } = await prepare(standIn);
    const program = launch();
    await program.ready;
    await program.stop();
    await sleep(200);
    assert.equal(pids.length, 1);
    assert.deepEqual(lines, []);
    assert.match(await readFile(logFile, 'utf8'), /stopping/);
  });

  it('it does not stop when asked › it is killed after its time', async () => {
    const { launch } = await prepare(
      `${standIn} process.removeAllListeners('SIGTERM'); process.on('SIGTERM', () => {});`,
    );
    const program = launch();
    await program.ready;
    const startedAt = Date.now();
    await program.stop();
    const tookMs = Date.now() - startedAt;
    assert.ok(tookMs >= 950 && tookMs < 5_000, `took ${tookMs} ms`);
  });

  it('it is stopped before it is ready › nothing of it is left', async () => {
    const { pids, launch } = await prepare('setInterval(() => {}, 1000)');
    const program = launch();
    await until(() => pids.length === 1);
    const outcome = assert.rejects(program.ready, /program ended while starting/);
    await program.stop();
    await outcome;
    assert.throws(() => process.kill(pids[0] ?? 0, 0), /ESRCH/);
  });

  it('its port is free, and another program takes it before it listens › a clear message, and none of it is left', async function () {
    if (process.platform !== 'linux') this.skip();
    const late =
      'setTimeout(() => require("http").createServer().listen(process.env.PORT, "127.0.0.1"), 60_000)';
    const { pids, port, lines, launch } = await prepare(`import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url); ${late}`);
    // It answers every probe as the program itself would.
    const other = createServer((_request, response) => response.end('ready'));
    const program = launch();
    await until(() => pids.length === 1);
    other.listen(port, '127.0.0.1').unref();
    await assert.rejects(program.ready, {
      name: 'PortTakenError',
      message: new RegExp(`^program cannot use 127\\.0\\.0\\.1:${port}: another program listens there`),
    });
    assert.throws(() => process.kill(pids[0] ?? 0, 0), /ESRCH/);
    assert.deepEqual(lines, [], 'it is not restarted');
    other.close();
  });

  it('it finds its port taken and ends › a clear message instead of its stack trace', async () => {
    const { port, launch } = await prepare(`import { createServer } from 'node:http';
      const address = [Number(process.env.PORT), '127.0.0.1'];
      createServer().listen(...address, () => createServer().listen(...address));`);
    await assert.rejects(launch().ready, (error: Error) => {
      assert.ok(
        error.message.startsWith(`program cannot use 127.0.0.1:${port}: another program`),
        error.message,
      );
      assert.doesNotMatch(error.message, /EADDRINUSE|\bat /);
      return true;
    });
  });

  it('it ends with a stack trace › the error has its message, without the trace', async () => {
    const { launch } = await prepare(
      `console.log(JSON.stringify({ message: 'api failed', error: { message: 'no disk', stack: 'Error\\n  at x' } }));
       throw new Error('no disk')`,
    );
    await assert.rejects(launch().ready, (error: Error) => {
      assert.match(error.message, /api failed[\s\S]*no disk/);
      assert.doesNotMatch(error.message, /^\s+at |"stack"/m);
      return true;
    });
  });

  it('the first start fails › the error holds the end of its log', async () => {
    const { launch } = await prepare('throw new Error("the port is on fire")');
    await assert.rejects(launch().ready, /program ended while starting[\s\S]*the port is on fire/);
  });
});

describe('launched server', () => {
  it('its launcher ends without stopping it › it is gone too', async () => {
    const module = new URL('../../scripts/servers/server-process.ts', import.meta.url).href;
    const address = `127.0.0.1:${await freePort(null, assert.fail)}`;
    const program = join(folder, 'launcher.mts');
    await writeFile(
      program,
      `import { runCommand } from '../../scripts/servers/run-command.ts';
import { launchServer } from ${JSON.stringify(module)};
       const server = await launchServer({
         name: 'x', binary: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'],
         address: '${address}', logFile: ${JSON.stringify(join(folder, 'x.log'))}, stopTimeoutMs: 100,
       });
       console.log(server.pid);
       throw new Error('crash');`,
    );
    const tsx = import.meta.resolve('tsx');
    const { code, output } = await runCommand(process.execPath, ['--import', tsx, program], 20_000);
    assert.equal(code, 1, output);
    const pid = Number(/^\d+/.exec(output)?.[0]);
    assert.ok(pid > 0, output);
    await until(() => !isAlive(pid));
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('supervisor of a folder', () => {
  const self: KnownProcess = { name: 'npm start', pid: process.pid, marker: 'mocha' };
  const file = () => join(folder, 'pids.json');

  const runSleeper = async () =>
    launchServer({
      name: 'sleeper',
      binary: process.execPath,
      args: ['-e', 'setInterval(() => {}, 1000)', 'a-mark-of-its-own'],
      address: `127.0.0.1:${await freePort(null, assert.fail)}`,
      logFile: join(folder, 'sleeper.log'),
      stopTimeoutMs: 1_000,
    });

  it('another one runs › refused, and its processes are left alone', async () => {
    const other = await runSleeper();
    const known = { name: 'npm start', pid: other.pid, marker: 'a-mark-of-its-own' };
    await until(() => isStillRunning(known));
    saveProcesses(file(), { supervisor: known, children: [known] });
    await assert.rejects(becomeSupervisor(file(), self, assert.fail), (error: unknown) => {
      return error instanceof AlreadyRunningError && error.pid === other.pid;
    });
    assert.equal(await isStillRunning(known), true);
    await other.stop();
  });

  it('the last one was killed › what it left running is stopped, with a notice', async () => {
    const orphan = await runSleeper();
    const known = { name: 'mongod', pid: orphan.pid, marker: 'a-mark-of-its-own' };
    await until(() => isStillRunning(known));
    saveProcesses(file(), { supervisor: { ...self, pid: 999_999_999 }, children: [known] });
    const lines: string[] = [];
    await becomeSupervisor(file(), self, (line) => lines.push(line));
    await orphan.exited;
    assert.match(lines.join(), new RegExp(`^mongod \\(pid ${orphan.pid}\\) is left over`));
  });

  it('a process id now belongs to another program › that program is left alone', async () => {
    const stranger = await runSleeper();
    const known = { name: 'mongod', pid: stranger.pid, marker: '/data/of/our/mongod' };
    saveProcesses(file(), { supervisor: { ...self, pid: 999_999_999 }, children: [known] });
    await becomeSupervisor(file(), self, assert.fail);
    assert.equal(await isStillRunning({ ...known, marker: 'a-mark-of-its-own' }), true);
    await stranger.stop();
  });

  it('two starts at once › one becomes the supervisor, the other is told, also beside the file of a killed one', async () => {
    const two = await Promise.all([runSleeper(), runSleeper()]);
    const known = two.map(({ pid }) => ({ name: 'npm start', pid, marker: 'a-mark-of-its-own' }));
    await until(async () => (await Promise.all(known.map(isStillRunning))).every(Boolean));
    for (let round = 0; round < 20; round += 1) {
      if (round % 2 === 0) await rm(file(), { force: true });
      else saveProcesses(file(), { supervisor: { ...self, pid: 999_999_999 }, children: [] });
      const outcomes = await Promise.allSettled(
        known.map((each) => becomeSupervisor(file(), each, assert.fail)),
      );
      assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    }
    await Promise.all(two.map((server) => server.stop()));
  });

  it('the file is damaged › it is replaced', async () => {
    await writeFile(file(), '{"superv');
    await becomeSupervisor(file(), self, assert.fail);
    assert.match(await readFile(file(), 'utf8'), /"npm start"/);
  });
});
