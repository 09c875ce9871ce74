import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import mongoose from 'mongoose';
import { findBinary } from '../../scripts/servers/find.ts';
import { startMongod } from '../../scripts/servers/mongod.ts';
import { freePort } from '../../scripts/servers/ports.ts';
import type { RunningServer } from '../../scripts/servers/server-process.ts';
import { startTemporal } from '../../scripts/servers/temporal.ts';

const quiet = () => undefined;

describe('real servers', function () {
  this.timeout(90_000);
  let folder: string;
  const running: RunningServer[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'servers-test-'));
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.stop()));
    await rm(folder, { recursive: true });
  });

  it('mongod is killed and started again, on another port too › transactions work and nothing is lost', async () => {
    const { path: binary } = await findBinary('mongod', quiet);
    const start = async (port: number) => {
      const server = await startMongod({
        binary,
        port,
        dataDir: join(folder, 'mongod'),
        logFile: join(folder, 'mongod.log'),
      });
      running.push(server);
      return server;
    };
    const insert = async (uri: string, values: readonly number[]) => {
      const client = new mongoose.mongo.MongoClient(uri);
      await client.withSession((session) =>
        session.withTransaction(async () => {
          const things = client.db('test').collection('things');
          await things.insertMany(
            values.map((value) => ({ value })),
            { session },
          );
        }),
      );
      const stored = await client.db('test').collection('things').countDocuments();
      await client.close();
      return stored;
    };
    const port = await freePort(null, quiet);
    const first = await start(port);
    assert.equal(await insert(first.uri, [1, 2]), 2);
    first.kill();
    assert.equal(await first.exited, null);
    const second = await start(port);
    assert.equal(await insert(second.uri, [3]), 3);
    await second.stop();
    const third = await start(await freePort(null, quiet));
    assert.notEqual(third.address, first.address);
    assert.equal(await insert(third.uri, [4]), 4);
  });

  it('mongod of npm start › small journal files, an oplog with an end, no preallocation', async () => {
    const { path: binary } = await findBinary('mongod', quiet);
    const dataDir = join(folder, 'mongod');
    const server = await startMongod({
      binary,
      port: await freePort(null, quiet),
      dataDir,
      logFile: join(folder, 'mongod.log'),
      isSmall: true,
    });
    running.push(server);
    const client = new mongoose.mongo.MongoClient(server.uri);
    const things = client.db('test').collection<{ text: string }>('things');
    // More than one file of the journal, even compressed.
    for (let round = 0; round < 4; round += 1)
      await things.insertMany(
        Array.from({ length: 40 }, () => ({ text: randomBytes(64 * 1_024).toString('base64') })),
        { writeConcern: { w: 1, j: true } },
      );
    const { maxSize } = await client.db('local').command({ collStats: 'oplog.rs' });
    await client.close();
    assert.equal(maxSize, 128 * 1_024 * 1_024);
    const journal = join(dataDir, 'journal');
    const sizes = await Promise.all(
      (await readdir(journal)).map(async (name) => (await stat(join(journal, name))).size),
    );
    assert.ok(Math.max(...sizes) <= 9 * 1_024 * 1_024, String(sizes));
  });

  it('Temporal is killed and started again › open workflows, search attributes and retention are kept', async () => {
    const { path: binary } = await findBinary('temporal', quiet);
    const port = await freePort(null, quiet);
    const start = async () => {
      const server = await startTemporal({
        binary,
        port,
        uiPort: await freePort(null, quiet),
        dbFile: join(folder, 'temporal.db'),
        namespace: 'kill-test',
        logFile: join(folder, 'temporal.log'),
      });
      running.push(server);
      return server;
    };
    const first = await start();
    await withClient(first.address, (client) =>
      client.workflow.start('sendMessage', {
        taskQueue: 'crm',
        workflowId: 'message:1',
        typedSearchAttributes: [
          { key: defineSearchAttributeKey('TemplateName', 'KEYWORD'), value: 'order_update' },
        ],
      }),
    );
    first.kill();
    await first.exited;
    const second = await start();
    await withClient(second.address, async (client) => {
      const description = await client.workflow.getHandle('message:1').describe();
      assert.equal(description.status.name, 'RUNNING');
      assert.deepEqual(
        description.typedSearchAttributes.get(defineSearchAttributeKey('TemplateName', 'KEYWORD')),
        'order_update',
      );
      const { config } = await client.workflowService.describeNamespace({ namespace: 'kill-test' });
      assert.equal(Number(config?.workflowExecutionRetentionTtl?.seconds), 168 * 3600);
    });
  });

  it('another server has the port › refused, instead of taking that one for ours', async () => {
    const { path: binary } = await findBinary('mongod', quiet);
    const options = { binary, port: await freePort(null, quiet), logFile: join(folder, 'mongod.log') };
    running.push(await startMongod({ ...options, dataDir: join(folder, 'one') }));
    await assert.rejects(
      startMongod({ ...options, dataDir: join(folder, 'two') }),
      /mongod cannot use 127\.0\.0\.1:\d+: another program listens there/,
    );
  });
});

async function withClient<T>(address: string, work: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await work(new Client({ connection, namespace: 'kill-test' }));
  } finally {
    await connection.close();
  }
}
