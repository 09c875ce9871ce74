import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { freePort, isPortFree } from '../../scripts/servers/ports.ts';

describe('free port', () => {
  let server: Server;
  let taken: number;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    taken = address.port;
  });

  afterEach(() => {
    server.close();
  });

  it('preferred port is taken › another is used and both are named', async () => {
    const lines: string[] = [];
    const port = await freePort(taken, (line) => lines.push(line), { name: 'PORT' });
    assert.notEqual(port, taken);
    assert.deepEqual(lines, [`PORT ${taken} is taken by another program; using ${port} instead`]);
    assert.equal(await isPortFree(port), true);
  });

  it('preferred port is free › it is used and nothing is said', async () => {
    server.close();
    await once(server, 'close');
    const lines: string[] = [];
    assert.equal(await freePort(taken, (line) => lines.push(line), { name: 'PORT' }), taken);
    assert.deepEqual(lines, []);
  });

  it('preferred port is promised to another › another is used', async () => {
    const first = await freePort(null, assert.fail);
    const second = await freePort(first, () => undefined, {
      name: 'PORT',
      reserved: new Set([first, first + 100]),
    });
    assert.ok(![first, first + 100].includes(second));
  });

  it('no preference › any free port', async () => {
    const port = await freePort(null, assert.fail);
    assert.ok(port > 1023);
    assert.equal(await isPortFree(port), true);
  });

  it('a program that listens on all addresses › its port counts as taken', async () => {
    const wide = createServer().listen(0, '0.0.0.0');
    await once(wide, 'listening');
    const address = wide.address();
    assert.ok(typeof address === 'object' && address !== null);
    assert.equal(await isPortFree(address.port), false);
    wide.close();
  });
});
