import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { describeFault, planFaults } from '../../proofs/chaos/fault-plan.ts';
import { measureRecovery } from '../../proofs/chaos/recovery.ts';
import { startTcpProxy, type TcpProxy } from '../../proofs/faults/tcp-proxy.ts';
import { waitFor } from '../support/wait.ts';

describe('fault proxy', () => {
  let echo: Server;
  let proxy: TcpProxy;
  const clients: Socket[] = [];

  beforeEach(async () => {
    echo = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.pipe(socket);
    });
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    const { port } = echo.address() as AddressInfo;
    proxy = await startTcpProxy(0, () => port);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await proxy.close();
    echo.close();
  });

  interface Client {
    readonly socket: Socket;
    /** What came back so far. */
    text(): string;
    /** The code of the error that ended the connection. */
    error(): string | undefined;
  }

  async function open(): Promise<Client> {
    const socket = connect(proxy.port, '127.0.0.1');
    clients.push(socket);
    let text = '';
    let error: string | undefined;
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('error', (reason: NodeJS.ErrnoException) => (error = reason.code));
    await once(socket, 'connect');
    return { socket, text: () => text, error: () => error };
  }

  async function says({ socket, text }: Client, word: string): Promise<void> {
    socket.write(word);
    await waitFor(`"${word}" comes back`, () => text().endsWith(word));
  }

  const isReset = ({ error }: Client) => waitFor('the connection is reset', () => error() === 'ECONNRESET');

  it('no fault › forwards both ways, and an end is an end', async () => {
    const client = await open();
    await says(client, 'hello');
    client.socket.end();
    await once(client.socket, 'close');
    assert.deepEqual([client.text(), client.error()], ['hello', undefined]);
  });

  it('delay › answers come later and in their order, also those of after it', async () => {
    const client = await open();
    await says(client, 'a');
    proxy.apply('delay');
    const startedAt = performance.now();
    client.socket.write('b');
    await waitFor('the echo is on its way', () => performance.now() - startedAt > 100);
    proxy.heal();
    await says(client, 'c');
    assert.equal(client.text(), 'abc');
    assert.ok(performance.now() - startedAt >= 490);
  });

  it('reset › what is open is reset, what is new works', async () => {
    const client = await open();
    await says(client, 'a');
    proxy.apply('reset');
    proxy.heal();
    await isReset(client);
    await says(await open(), 'b');
  });

  it('black hole › nothing gets through, old or new; afterwards both are reset and new ones work', async () => {
    const old = await open();
    await says(old, 'a');
    proxy.apply('black-hole');
    const fresh = await open();
    for (const { socket } of [old, fresh]) socket.write('lost');
    await waitFor('it was read', () => old.socket.writableLength + fresh.socket.writableLength === 0);
    proxy.heal();
    await Promise.all([isReset(old), isReset(fresh)]);
    assert.deepEqual([old.text(), fresh.text()], ['a', '']);
    await says(await open(), 'b');
  });

  it('half-open › what is open is dead without a word, what is new works; afterwards the dead are reset', async () => {
    const dead = await open();
    await says(dead, 'a');
    proxy.apply('half-open');
    dead.socket.write('lost');
    await says(await open(), 'b');
    assert.deepEqual([dead.text(), dead.error(), dead.socket.closed], ['a', undefined, false]);
    proxy.heal();
    await isReset(dead);
  });
});

describe('chaos › faults', () => {
  it('the same seed › the same plan; every second one a step-down, the others each once before any again', () => {
    const options = { seed: 7, messages: 3_000, faults: 40 };
    const plan = planFaults(options);
    assert.deepEqual(plan, planFaults(options));
    assert.notDeepEqual(plan, planFaults({ ...options, seed: 8 }));
    assert.equal(plan.filter(({ fault }) => fault.kind === 'step-down').length, 20);
    const others = plan.map(({ fault }) => describeFault(fault)).filter((_, index) => index % 2 === 1);
    assert.equal(new Set(others.slice(0, 19)).size, 19);
    const moments = plan.map(({ afterAccepted }) => afterAccepted);
    assert.deepEqual(
      moments,
      moments.toSorted((a, b) => a - b),
    );
  });

  const span = { name: 'fault', startedAtMs: 10_000, healedAtMs: 12_000, failedCommands: 0 };
  /** Two messages a second; each seen by the provider after what the function says, or never. */
  const recoveryOf = (seenAfterMs: (dueAtMs: number) => number | null) => {
    const dueAtMs = new Map(Array.from({ length: 100 }, (_, index) => [`m${index}`, index * 500]));
    const calls = [...dueAtMs].flatMap(([id, due]): [string, number][] => {
      const after = seenAfterMs(due);
      return after === null ? [] : [[id, due + after]];
    });
    const flow = { dueAtMs, firstCallAtMs: new Map(calls), ratePerSecond: 2 };
    return measureRecovery([span], flow)[0]?.recoveryMs;
  };

  it('nothing is late › recovered at once; a message that never left does not count', () => {
    assert.equal(
      recoveryOf(() => 300),
      0,
    );
    assert.equal(
      recoveryOf((due) => (due === 11_000 ? null : 300)),
      0,
    );
  });

  it('all is held up until a moment › recovered at that moment', () => {
    const until = 20_000;
    assert.equal(
      recoveryOf((due) => Math.max(300, due > 9_000 ? until - due : 0)),
      until - span.healedAtMs,
    );
  });

  it('one message waits much longer than all others › less than a second of sending, so it does not count', () => {
    assert.equal(
      recoveryOf((due) => (due === 11_000 ? 30_000 : 300)),
      0,
    );
  });

  it('late only a while after the end of the fault › counted', () => {
    const until = 16_000;
    assert.equal(
      recoveryOf((due) => (due >= 11_500 && due < until ? until - due : 300)),
      until - span.healedAtMs,
    );
  });
});
