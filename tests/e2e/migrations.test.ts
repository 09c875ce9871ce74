import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { distDir } from '../../scripts/paths.ts';
import { runCommand } from '../../scripts/servers/run-command.ts';
import { phoneEndingIn, signUp } from '../support/crm-client.ts';
import { call } from '../support/http.ts';
import { useStack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';

const migrateEntry = join(distDir, 'src', 'bin', 'migrate.js');

describe('e2e › migrations', function () {
  this.timeout(120_000);
  const stack = useStack('migrations', { isWorkerLate: true });
  const applied = () => stack().collection<{ fileName: string }>('migrations');
  const migrate = () => runCommand(process.execPath, [migrateEntry], 60_000, stack().env);

  it('a worker with pending migrations › alive, sends nothing, says why; migrated › sends by itself', async () => {
    const user = await signUp(stack().apiUrl);
    const message = await user.send({ to: phoneEndingIn('01') });
    const [last] = await applied().find().sort({ fileName: -1 }).limit(1).toArray();
    await applied().deleteOne({ fileName: last?.fileName ?? '' });

    await stack().startWorker('healthz');
    await sleep(3_000);
    const health = `http://127.0.0.1:${stack().env['WORKER_HEALTH_PORT']}`;
    assert.equal((await call(`${health}/healthz`)).status, 200);
    const ready = await call(`${health}/readyz`);
    assert.equal(ready.status, 503);
    const expected = { mongo: 'ok', temporal: 'ok', migrations: 'failed' };
    assert.deepEqual(ready.body['checks'], expected, 'the cause, not its consequence');
    assert.equal((await user.getMessage(message.id)).status, 'queued');
    assert.deepEqual(await stack().ledgerOf(message.id), []);

    assert.equal((await migrate()).code, 0);
    await user.waitForStatus(message.id, ['read'], 30_000);
    assert.equal((await call(`${health}/readyz`)).status, 200);
  });

  it('a migrator freezes, another takes over in seconds, it wakes up › it ends and has changed nothing', async () => {
    await applied().deleteMany({});
    const frozen = spawn(process.execPath, [migrateEntry], { env: stack().env, stdio: 'ignore' });
    const ended = once(frozen, 'exit');
    try {
      await takeOver(frozen, ended);
    } finally {
      frozen.kill('SIGKILL');
    }
  });

  async function takeOver(frozen: ChildProcess, ended: Promise<unknown>): Promise<void> {
    const locks = stack().collection<{ _id: string; owner: string }>('migrations_lock');
    const held = await waitFor('the lock', async () => (await locks.findOne({})) ?? undefined, {
      everyMs: 5,
    });
    // In the middle of its work: before it, it would find nothing left to do, and rightly end without an error.
    await waitFor('its first migration', async () => (await applied().countDocuments({})) > 0, {
      everyMs: 5,
    });
    frozen.kill('SIGSTOP');
    const before = await applied().countDocuments({});
    const from = performance.now();
    const second = await migrate();
    assert.equal(second.code, 0, second.output);
    assert.ok(performance.now() - from < 25_000);
    const records = await applied().find().toArray();
    assert.ok(records.length > before, 'the second one ran what was left');
    assert.deepEqual(await locks.find({ _id: 'migrate', owner: held.owner }).toArray(), []);

    frozen.kill('SIGCONT');
    await ended;
    assert.equal(frozen.exitCode, 1);
    assert.deepEqual(
      (await applied().find().toArray()).map(({ fileName }) => fileName).toSorted(),
      records.map(({ fileName }) => fileName).toSorted(),
    );
    assert.equal(new Set(records.map(({ fileName }) => fileName)).size, records.length, 'each file once');
  }
});
