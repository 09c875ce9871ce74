import assert from 'node:assert/strict';
import type { Connection } from 'mongoose';
import { connectMongo } from '../../../src/platform/mongo.ts';
import { type AuthServer, authModels, serveAuth, signUp } from '../../support/auth.ts';
import { createCuttableProxy } from '../../support/cuttable-proxy.ts';
import { call } from '../../support/http.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';

describe('MongoDB away', () => {
  let database: TestDatabase;
  let proxy: Awaited<ReturnType<typeof createCuttableProxy>>;
  let connection: Connection;
  let server: AuthServer;

  before(async () => {
    database = await connectTestDatabase('away', authModels);
    const target = new URL(database.uri);
    proxy = await createCuttableProxy(target);
    const uri = `mongodb://127.0.0.1:${proxy.port}${target.pathname}?directConnection=true`;
    connection = await connectMongo({ uri, appName: 'away', maxPoolSize: 10 });
    server = await serveAuth({ connection });
  });
  after(async () => {
    proxy.cut(false);
    await server.close();
    await connection.close();
    proxy.close();
    await database.close();
  });

  it('connection cut › 503 with Retry-After and no database details; back again › recovers by itself', async () => {
    const start = await signUp(server.url);
    assert.equal(start.status, 201);
    proxy.cut(true);
    // The second comes when the driver has noticed, the first while it still finds out.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const token = String(start.body['accessToken']);
      const answer = await call(`${server.url}/api/auth/me`, { token });
      assert.equal(answer.status, 503, answer.text);
      assert.equal(answer.body['code'], 'dependency-away');
      assert.ok(Number(answer.headers.get('retry-after')) > 0);
      assert.doesNotMatch(answer.text, /127\.0\.0\.1|mongo/i);
    }
    proxy.cut(false);
    assert.equal((await signUp(server.url)).status, 201);
  });
});
