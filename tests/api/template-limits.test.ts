import assert from 'node:assert/strict';
import { startSandbox, type Sandbox } from '../../sandbox/server.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId, newSecret } from '../../src/platform/ids.ts';
import { changeBehaviour } from '../../proofs/shared/sandbox.ts';
import { createFixedClock } from '../../src/platform/clock.ts';
import { runMigrations } from '../../src/platform/migrations.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import { createTransactions } from '../../src/platform/transaction.ts';
import { createManagementLimiter } from '../../src/rates/management/limiter.ts';
import { createSendRates } from '../../src/rates/send-rates.ts';
import { limitNumberGateway } from '../../src/channels/limited-gateway.ts';
import { limitTemplateGateway } from '../../src/templates/provider/limited-gateway.ts';
import { createCloudApiGateway } from '../../src/whatsapp/cloud-api.ts';
import { createTemplateApi } from '../../src/whatsapp/template-api.ts';
import { captureLog } from '../support/logger.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

const minuteMs = 60_000;

describe('template management › the provider’s limit of calls', () => {
  let database: TestDatabase;
  let sandbox: Sandbox;
  let dataDir: string;
  before(async () => {
    database = await connectTestDatabase('template_limits', []);
    await runMigrations(database.connection);
    dataDir = await mkdtemp(join(tmpdir(), 'whatsapp-crm-template-limits-'));
    sandbox = await startSandbox({
      host: '127.0.0.1',
      port: 0,
      dataDir,
      webhookUrl: 'http://127.0.0.1:9/nobody',
      appSecret: newSecret(),
      behaviour: { managementCallsPerHour: 20 },
    });
  });
  after(async () => {
    await sandbox?.stop();
    await database?.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('nearly used up › no further call until it recovers, in all processes, for that account only', async () => {
    const clock = createFixedClock(new Date());
    const open = () => {
      const rates = createSendRates({
        connection: database.connection,
        transact: createTransactions(database.connection),
        clock,
        logger: captureLog().logger,
      });
      const api = createTemplateApi({
        apiUrl: sandbox.url,
        apiVersion: 'v25.0',
        connections: 2,
        timeoutMs: 5_000,
      });
      return { rates, gateway: limitTemplateGateway(api, createManagementLimiter(rates)) };
    };
    const processes = [open(), open()];
    const account = { scope: scopeOf(newId()), wabaId: 'busy', accessToken: 'token' };
    let calls = 0;
    for (; calls < 40; calls += 1) {
      const outcome = await processes[calls % 2]?.gateway.list(account);
      if (outcome?.kind === 'done') continue;
      assert.ok(outcome?.kind === 'refused');
      assert.equal(outcome.error.code, 80007);
      assert.ok((outcome.retryAfterMs ?? 0) > minuteMs, 'says when to come back');
      break;
    }
    assert.ok(calls >= 18 && calls <= 20, `${calls} calls were made of 20`);
    const other = { ...account, scope: scopeOf(newId()), wabaId: 'idle' };
    assert.equal((await processes[0]?.gateway.list(other))?.kind, 'done');
    for (const { rates, gateway } of processes) {
      await gateway.close();
      await rates.close();
    }
  });

  it('used up by number lookups › no further call, neither for templates; later they continue', async () => {
    const clock = createFixedClock(new Date());
    const rates = createSendRates({
      connection: database.connection,
      transact: createTransactions(database.connection),
      clock,
      logger: captureLog().logger,
    });
    const limited = createManagementLimiter(rates);
    const options = { apiUrl: sandbox.url, apiVersion: 'v25.0', connections: 2, timeoutMs: 5_000 };
    const api = createCloudApiGateway(options);
    const templateApi = createTemplateApi(options);
    const numbers = limitNumberGateway(api, limited);
    const account = { scope: scopeOf(newId()), wabaId: 'shared', accessToken: 'token' };
    const number = { ...account, phoneNumberId: '7001' };
    const ask = (count: number) =>
      count % 2 === 0 ? numbers.checkHealth(number) : numbers.describeNumber(number);
    let calls = 0;
    let refusal: Awaited<ReturnType<typeof ask>> | undefined;
    while (calls < 40 && refusal === undefined) {
      const answer = await ask(calls);
      if (answer.kind === 'refused') refusal = answer;
      else calls += 1;
    }
    assert.ok(calls >= 18 && calls <= 20, `${calls} calls were made of 20`);
    assert.ok(refusal?.kind === 'refused' && refusal.error.code === 80007);
    const templates = limitTemplateGateway(templateApi, limited);
    const list = await templates.list(account);
    assert.equal(list.kind === 'refused' && list.error.code, 80007);
    // A lookup that is not made now is made later.
    await changeBehaviour(sandbox.url, { managementCallsPerHour: 1_000 });
    clock.advance(61 * minuteMs);
    assert.equal((await numbers.checkHealth(number)).kind, 'available');
    for (const open of [api, templateApi, rates]) await open.close();
  });
});
