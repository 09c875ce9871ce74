import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPortClaims } from '../../scripts/servers/port-claims.ts';
import { freePort, isPortFree, portOfUrl } from '../../scripts/servers/ports.ts';
import { choosePorts, readSettings } from '../../scripts/stack/settings.ts';

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

  it('a program that listens on ::1 only › its port counts as taken: localhost may mean it', async () => {
    const other = createServer().listen(0, '::1');
    await once(other, 'listening');
    const address = other.address();
    assert.ok(typeof address === 'object' && address !== null);
    assert.equal(await isPortFree(address.port), false);
    other.close();
  });
});

describe('two starts at once', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'claims-test-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('both choose their ports before either listens › no port is chosen twice', async () => {
    const settings = readSettings({});
    const [first, second] = [process.pid, process.ppid].map((pid) => createPortClaims({ folder, pid }));
    const choose = (claims = first) =>
      choosePorts(
        settings,
        () => undefined,
        (port) => claims?.claim(port) ?? false,
      );
    const chosen = await Promise.all([choose(first), choose(second)]);
    const ports = chosen.flatMap((one) => Object.values(one));
    assert.equal(new Set(ports).size, ports.length);
  });

  it('the other start has ended or was killed › its ports are free again', () => {
    const port = 4_000;
    const [own, other] = [createPortClaims({ folder }), createPortClaims({ folder, pid: process.ppid })];
    assert.equal(other.claim(port), true);
    assert.equal(own.claim(port), false);
    other.release();
    assert.equal(own.claim(port), true);
    assert.equal(own.claim(port), true, 'twice by the same start');
    assert.equal(createPortClaims({ folder, pid: 999_999_999 }).claim(4_001), true);
    assert.equal(own.claim(4_001), true, 'its process is gone');
  });
});

describe('port of an address', () => {
  for (const [address, port] of [
    ['http://127.0.0.1:80', 80],
    ['http://127.0.0.1/readyz', 80],
    ['https://example.com', 443],
    ['http://[::1]:4000/', 4_000],
  ] as const)
    it(`${address} › ${port}`, () => assert.equal(portOfUrl(address), port));
});
