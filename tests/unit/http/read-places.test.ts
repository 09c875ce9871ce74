import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { Disconnected } from '../../../src/http/body.ts';
import { createReadPlaces, type ReadPlaces } from '../../../src/http/read-places.ts';
import { AppError } from '../../../src/platform/errors.ts';
import { waitFor } from '../../support/wait.ts';

interface Read {
  readonly id: string;
  readonly state: 'handled' | 'dropped' | 'refused';
  /** Ends its handling, with an answer of this size. */
  answer(bytes?: number): void;
}

describe('reads of one client at once', () => {
  let places: ReadPlaces;
  const reads: Read[] = [];
  const sockets: Socket[] = [];
  let server: Server;

  before(async () => {
    server = createServer((request, response) => {
      const [, client = '', id = ''] = (request.url ?? '').split('/');
      void serve(client, id, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(() => {
    places = createReadPlaces({ atOnce: 2, waiting: 3, answerMs: 300 });
  });
  afterEach(async () => {
    for (const read of reads) read.answer();
    for (const socket of sockets) socket.destroy();
    await waitFor('all connections have ended', async () => (await connectionsOf(server)) === 0);
    reads.length = 0;
    sockets.length = 0;
  });
  after(() => {
    server.close();
  });

  async function serve(client: string, id: string, response: ServerResponse): Promise<void> {
    try {
      const place = await places.take(client, response);
      reads.push({
        ...{ id, state: 'handled' },
        answer(bytes = 2) {
          if (response.writableEnded) return;
          response.end(Buffer.alloc(bytes));
          place.handled();
        },
      });
    } catch (error) {
      const state = error instanceof Disconnected ? 'dropped' : 'refused';
      assert.ok(
        error instanceof Disconnected || (error instanceof AppError && error.code === 'too-many-requests'),
      );
      reads.push({ id, state, answer: () => undefined });
      response.end();
    }
  }

  async function ask(client: string, id: string): Promise<Socket> {
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    await once(socket, 'connect');
    socket.write(`GET /${client}/${id} HTTP/1.1\r\nHost: x\r\n\r\n`);
    return socket;
  }

  const seen = () => reads.map(({ id, state }) => `${id} ${state}`);
  const untilSeen = (...expected: readonly string[]) =>
    waitFor(`seen: ${expected.join(', ')}`, () => seen().join() === expected.join());
  const readOf = (id: string): Read => reads.find((read) => read.id === id) ?? assert.fail(id);

  /** Requests of one connection after the other reach the server in this order. */
  async function askInOrder(client: string, ids: readonly string[]): Promise<Socket[]> {
    const asked: Socket[] = [];
    for (const id of ids) {
      asked.push(await ask(client, id));
      await waitFor(`${id} has arrived`, async () => (await connectionsOf(server)) === sockets.length);
    }
    return asked;
  }

  it('more than its places › the others wait in order; another client is served at once', async () => {
    await askInOrder('a', ['1', '2', '3', '4']);
    await untilSeen('1 handled', '2 handled');
    await ask('b', '5');
    await untilSeen('1 handled', '2 handled', '5 handled');
    readOf('2').answer();
    await untilSeen('1 handled', '2 handled', '5 handled', '3 handled');
    readOf('1').answer();
    await untilSeen('1 handled', '2 handled', '5 handled', '3 handled', '4 handled');
  });

  it('gone while it waits › never handled, and its place in the queue is free', async () => {
    const [, , third] = await askInOrder('a', ['1', '2', '3', '4']);
    await untilSeen('1 handled', '2 handled');
    third?.destroy();
    await untilSeen('1 handled', '2 handled', '3 dropped');
    readOf('1').answer();
    await untilSeen('1 handled', '2 handled', '3 dropped', '4 handled');
  });

  it('beyond the queue › refused at once', async () => {
    await askInOrder('a', ['1', '2', '3', '4', '5']);
    await untilSeen('1 handled', '2 handled');
    await ask('a', '6');
    await untilSeen('1 handled', '2 handled', '6 refused');
  });

  it('answers that nobody reads › keep their places until their connections are closed', async () => {
    const [first, second] = await askInOrder('a', ['1', '2', '3']);
    first?.pause();
    second?.pause();
    await untilSeen('1 handled', '2 handled');
    readOf('1').answer(64 * 1_024 * 1_024);
    readOf('2').answer(64 * 1_024 * 1_024);
    assert.deepEqual(seen(), ['1 handled', '2 handled']);
    // After `answerMs` the server gives up.
    await untilSeen('1 handled', '2 handled', '3 handled');
  });
});

const connectionsOf = (server: Server): Promise<number> =>
  new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );
