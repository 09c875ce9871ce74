import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Connection } from 'mongoose';
import { connectMongo } from '../../../src/platform/mongo.ts';
import { type AuthServer, authModels, serveAuth, signUp } from '../../support/auth.ts';
import { call } from '../../support/http.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';

/** Passes bytes on to a server until it is cut. */
async function createCuttableProxy(target: URL) {
  const sockets = new Set<Socket>();
  let isCut = false;
  const proxy: Server = createServer((inbound) => {
    if (isCut) return inbound.destroy();
    const outbound = connect(Number(target.port), target.hostname);
    for (const socket of [inbound, outbound]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => [inbound, outbound].map((end) => end.destroy()));
    }
    return inbound.pipe(outbound).pipe(inbound);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    port: (proxy.address() as AddressInfo).port,
    cut(isNow: boolean) {
      isCut = isNow;
      if (isNow) for (const socket of sockets) socket.destroy();
    },
    close: () => proxy.close(),
  };
}

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
