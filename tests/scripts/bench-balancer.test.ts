import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import { startBalancer, type Balancer } from '../../bench/stage/balancer.ts';

describe('bench › balancer', () => {
  let balancer: Balancer;
  let servers: Server[];
  let urls: string[];

  beforeEach(async () => {
    balancer = await startBalancer();
    servers = ['one', 'two'].map((name) => createServer((_request, response) => response.end(name)));
    for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening');
    urls = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });

  afterEach(async () => {
    await balancer.close();
    for (const server of servers) server.close();
  });

  async function ask(pool: Pool): Promise<string> {
    const { body } = await pool.request({ path: '/', method: 'GET' });
    return body.text();
  }

  it('connections › two servers › are handed out in turn', async () => {
    balancer.direct(urls);
    const answers: string[] = [];
    for (let index = 0; index < 4; index += 1) {
      const pool = new Pool(balancer.url, { connections: 1 });
      answers.push(await ask(pool));
      await pool.close();
    }
    assert.deepEqual(answers, ['one', 'two', 'one', 'two']);
  });

  it('kept-alive connection › the servers change › is closed, and the next goes to a new server', async () => {
    const pool = new Pool(balancer.url, { connections: 1 });
    balancer.direct(urls.slice(0, 1));
    assert.equal(await ask(pool), 'one');
    const gone = once(pool, 'disconnect');
    balancer.direct(urls.slice(1));
    await gone;
    assert.equal(await ask(pool), 'two');
    await pool.close();
  });

  it('no server › a connection › is refused', async () => {
    const pool = new Pool(balancer.url, { connections: 1 });
    await assert.rejects(ask(pool));
    await pool.close();
  });
});
