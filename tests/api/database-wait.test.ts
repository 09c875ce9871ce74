import assert from 'node:assert/strict';
import { buildApi, type Api } from '../../src/app/api.ts';
import { createDatabaseWait } from '../../src/platform/database-wait.ts';
import { runMigrations } from '../../src/platform/migrations.ts';
import { testConfig } from '../support/config.ts';
import { signUp } from '../support/crm-client.ts';
import { createCuttableProxy } from '../support/cuttable-proxy.ts';
import { call } from '../support/http.ts';
import { captureLog } from '../support/logger.ts';
import { postSigned } from '../support/meta.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';
import { testTemporalAddress } from '../support/temporal-namespace.ts';
import { waitFor } from '../support/wait.ts';

const settings = () => ({ TEMPORAL_ADDRESS: testTemporalAddress(), WHATSAPP_PROVIDER: 'sandbox' });

describe('api › before the database fits', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let api: Api | undefined;
  let url: string;

  beforeEach(async () => {
    database = await connectTestDatabase('database_wait', []);
  });
  afterEach(async () => {
    // Closing the server first skips its announcement, which no load balancer hears.
    await api?.http.close({ graceMs: 1_000 });
    await api?.close();
    await database.close();
  });

  async function start(uri: string): Promise<void> {
    api = await buildApi(testConfig({ ...settings(), MONGODB_URI: uri }), captureLog().logger);
    url = (await api.http.listen(0, '127.0.0.1')).url;
  }

  async function assertRefuses(): Promise<void> {
    const answers = [
      await call(`${url}/api/auth/signup`, { json: {} }),
      await postSigned(`${url}/webhook/incoming`, {}, 'any secret'),
      await call(`${url}/api/health`),
    ];
    for (const { status, body, headers } of answers) {
      assert.deepEqual([status, body['code']], [503, 'not-ready']);
      assert.ok(Number(headers.get('retry-after')) > 0);
    }
    assert.equal((await call(`${url}/healthz`)).status, 200, 'alive all the same');
  }

  const checks = async () => (await call(`${url}/readyz`)).body['checks'] as Record<string, string>;
  const isOpen = async () => (await call(`${url}/api/health`)).status === 200;

  it('migrations pending › 503 with Retry-After, nothing stored; migrated › accepts by itself', async () => {
    await start(database.uri);
    await assertRefuses();
    const { mongo, migrations } = await checks();
    assert.deepEqual({ mongo, migrations }, { mongo: 'ok', migrations: 'failed' });
    assert.deepEqual(await database.connection.listCollections(), []);
    await runMigrations(database.connection);
    await waitFor('the API accepts', isOpen);
    assert.equal((await checks())['migrations'], 'ok');
    await signUp(url);
  });

  it('MongoDB away at the start › alive, names mongo alone; there › accepts by itself', async () => {
    await runMigrations(database.connection);
    const target = new URL(database.uri);
    const proxy = await createCuttableProxy(target);
    proxy.cut(true);
    await start(`mongodb://127.0.0.1:${proxy.port}${target.pathname}?directConnection=true`);
    await assertRefuses();
    const { mongo, migrations } = await checks();
    assert.deepEqual({ mongo, migrations }, { mongo: 'failed', migrations: undefined });
    proxy.cut(false);
    await waitFor('the API accepts', isOpen, { timeoutMs: 20_000 });
    await signUp(url);
    await api?.http.close({ graceMs: 1_000 });
    await api?.close();
    api = undefined;
    proxy.close();
  });

  it('a stop while it waits › ends at once', async () => {
    await start(database.uri);
    const from = performance.now();
    await api?.http.close({ graceMs: 5_000 });
    await api?.close();
    api = undefined;
    assert.ok(performance.now() - from < 4_000);
  });
});

describe('wait for the database', () => {
  it('away for long › asks again with growing pauses up to the bound; logs a cause once', async () => {
    const log = captureLog();
    const times: number[] = [];
    const wait = await createDatabaseWait({
      logger: log.logger,
      minWaitMs: 20,
      maxWaitMs: 80,
      async assertFits() {
        times.push(performance.now());
        if (times.length < 8) throw new Error(times.length < 4 ? 'no answer' : 'pending migrations');
      },
    });
    assert.equal(wait.isOpen(), false);
    assert.equal(await wait.opened, true);
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? time));
    assert.ok((pauses[0] ?? 0) >= 15 && (pauses[3] ?? 0) >= 75, `${pauses.join(' ')}`);
    const causes = log
      .lines()
      .map(({ message, error }) => [message, (error as { message?: string })?.message]);
    assert.deepEqual(causes, [
      ['waiting for the database', 'no answer'],
      ['waiting for the database', 'pending migrations'],
      ['the database fits', undefined],
    ]);
  });

  it('open once › a later failure does not close it', async () => {
    let isAway = false;
    const wait = await createDatabaseWait({
      logger: captureLog().logger,
      assertFits: async () => {
        if (isAway) throw new Error('no answer');
      },
    });
    isAway = true;
    await assert.rejects(wait.check());
    assert.equal(wait.isOpen(), true);
  });

  it('stopped before it fits › opened is false, and a late success opens nothing', async () => {
    let fits = false;
    const wait = await createDatabaseWait({
      logger: captureLog().logger,
      assertFits: async () => {
        if (!fits) throw new Error('no answer');
      },
    });
    wait.stop();
    assert.equal(await wait.opened, false);
    fits = true;
    await wait.check();
    assert.equal(wait.isOpen(), false);
  });
});
