import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { NumberedEvent } from '../../../src/events/repository.ts';
import { heartbeatMs } from '../../../src/events/stream/access.ts';
import { eventFrame } from '../../../src/events/stream/frames.ts';
import { maxUnread, startStream } from '../../../src/events/stream/stream.ts';
import { createStreams, type StreamsDeps } from '../../../src/events/stream/streams.ts';
import type { TailListener } from '../../../src/events/stream/tail.ts';
import type { Actor } from '../../../src/http/route.ts';
import { createFixedClock } from '../../../src/platform/clock.ts';
import { newId } from '../../../src/platform/ids.ts';
import { scopeOf } from '../../../src/platform/mongo.ts';
import { captureLog } from '../../support/logger.ts';
import { waitFor } from '../../support/wait.ts';

const start = new Date('2026-11-29T08:00:00.000Z');

const newActor = (): Actor => ({
  ...{ userId: newId(), clientId: newId(), role: 'agent', isOperator: false, sessionId: 's' },
  accessEndsAt: new Date(start.getTime() + 600_000),
});

const eventOf = (seq: number, text = ''): NumberedEvent => ({
  ...{ _id: newId(), clientId: newId(), type: 'lead.created', entity: { type: 'lead', id: newId() } },
  ...{ version: 1, at: start, audience: 'everyone', view: { text }, seq },
});

/** Streams over a real connection, of which the test is the database and the tail. */
describe('bounds of a stream', function () {
  this.timeout(30_000);
  let server: Server;
  let socket: Socket;
  let received: string;
  afterEach(async () => {
    socket.destroy();
    server.close();
    await once(server, 'close');
  });

  /** A client that reads only if told so; returns the response that the server writes to. */
  async function connectClient(): Promise<ServerResponse> {
    received = '';
    server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nhost: test\r\n\r\n');
    const [, output] = (await once(server, 'request')) as [unknown, ServerResponse];
    return output;
  }

  const read = () => socket.setEncoding('utf8').on('data', (text: string) => (received += text));

  function storeOf(stored: readonly NumberedEvent[] = []) {
    const listeners: TailListener[] = [];
    let position = stored.length;
    const deps = {
      outbox: {
        listAfter: async (_: unknown, seq: number, limit: number) =>
          stored.filter((event) => event.seq > seq).slice(0, limit),
      },
      heads: { find: async () => stored.length },
      tail: {
        async join(_: unknown, listener: TailListener) {
          listeners.push(listener);
          return { position: stored.length, leave: () => undefined };
        },
      },
    };
    const deliver = (text = '', fields: Partial<NumberedEvent> = {}): void => {
      position += 1;
      const event = { ...eventOf(position, text), ...fields };
      for (const listener of listeners) listener.deliver({ event, frame: Buffer.from(eventFrame(event)) });
    };
    return { deps, deliver, listeners };
  }

  const beginOf = (output: ServerResponse, lastEventId?: string) => {
    const actor = newActor();
    const onOwnChange = () => undefined;
    return { scope: scopeOf(actor.clientId), actor, lastEventId, retryMs: 3_000, output, onOwnChange };
  };

  it('a client that reads nothing while events come › its stream ends within the bound, not the process’s memory', async () => {
    const output = await connectClient();
    const { deps, deliver, listeners } = storeOf();
    const stream = startStream(deps, beginOf(output));
    await waitFor('the stream is live', () => listeners.length === 1 && output.headersSent);
    const text = 'x'.repeat(4_000);
    let maxWaiting = 0;
    for (let sent = 0; sent < 20_000 && !output.destroyed; sent += 1) {
      deliver(text);
      maxWaiting = Math.max(maxWaiting, output.writableLength);
      if (sent % 100 === 0) await new Promise(setImmediate);
    }
    await stream.ended;
    assert.ok(output.destroyed);
    assert.ok(maxWaiting < maxUnread.bytes + 10_000, `${maxWaiting} bytes waited`);
  });

  it('a client that reads › gets everything, however much', async () => {
    const output = await connectClient();
    read();
    const { deps, deliver, listeners } = storeOf();
    const stream = startStream(deps, beginOf(output));
    await waitFor('the stream is live', () => listeners.length === 1 && output.headersSent);
    for (let sent = 0; sent < 3_000; sent += 1) {
      deliver('x'.repeat(1_000));
      if (sent % 50 === 0) await new Promise(setImmediate);
    }
    await waitFor('all are read', () => received.includes('id: 3000\n'));
    assert.ok(!output.destroyed);
    stream.end('closed');
    await stream.ended;
  });

  it('a replay that the client does not read › waits for it, a page at a time', async () => {
    const output = await connectClient();
    const stored = Array.from({ length: 5_000 }, (_, index) => eventOf(index + 1, 'x'.repeat(2_000)));
    const { deps } = storeOf(stored);
    const stream = startStream(deps, beginOf(output, '0'));
    await waitFor('it waits for the client', () => output.writableNeedDrain);
    const waiting = output.writableLength;
    assert.ok(waiting < 500 * 3_000, `${waiting} bytes wait`);
    read();
    await waitFor('all are read', () => received.includes('id: 5000\n'));
    stream.end('closed');
    await stream.ended;
  });

  async function openStreams(over: Partial<StreamsDeps> = {}) {
    const output = await connectClient();
    read();
    const { deps, deliver } = storeOf();
    const clock = createFixedClock(start);
    const { logger } = captureLog();
    const access = {
      findEnded: async () => new Set<Actor>(),
      findSessionsEnded: async () => new Set<string>(),
    };
    const streams = createStreams({ ...deps, ...access, clock, logger, ...over });
    const actor = newActor();
    streams.admit(actor, undefined)(output);
    await waitFor('the stream begins', () => received.includes('retry: '));
    return { streams, clock, deliver, output, actor };
  }

  it('silence for 15 seconds › a ping; none while events come', async () => {
    const { streams, clock, deliver } = await openStreams();
    const pings = () => received.split('\n').filter((line) => line === 'event: ping').length;
    clock.advance(heartbeatMs);
    await streams.check();
    clock.advance(heartbeatMs);
    await streams.check();
    await waitFor('a ping', () => pings() === 1);
    deliver();
    clock.advance(heartbeatMs);
    await streams.check();
    clock.advance(heartbeatMs - 1);
    await streams.check();
    await waitFor('the event', () => received.includes('id: 1\ndata:'));
    assert.equal(pings(), 1);
    streams.stop();
  });

  it('the access token is over › expired, then the end', async () => {
    const { streams, clock, output } = await openStreams();
    clock.advance(600_000);
    await streams.check();
    await waitFor('the end', () => output.writableEnded);
    await waitFor('expired', () => received.includes('event: expired\n'));
  });

  it('each second › only listeners who are new, have changed or whose session has ended are asked about; at a heartbeat, all', async () => {
    let asked = 0;
    let ended: ReadonlySet<string> | null = new Set();
    const { streams, clock, deliver, actor } = await openStreams({
      findEnded: async (actors) => {
        asked += actors.length;
        return new Set();
      },
      findSessionsEnded: async () => ended,
    });
    const askedInNext = async (ms = 1_000) => {
      asked = 0;
      clock.advance(ms);
      await streams.check();
      return asked;
    };
    assert.deepEqual([await askedInNext(), await askedInNext()], [1, 0], 'new');
    deliver('', { type: 'user.updated', entity: { type: 'user', id: newId() } });
    assert.equal(await askedInNext(), 0, 'another user');
    deliver('', { type: 'user.updated', entity: { type: 'user', id: actor.userId } });
    assert.deepEqual([await askedInNext(), await askedInNext()], [1, 0], 'the user has changed');
    ended = new Set(['another']);
    assert.equal(await askedInNext(), 0, 'another session');
    ended = new Set([actor.sessionId]);
    assert.equal(await askedInNext(), 1, 'the session has ended');
    ended = null;
    assert.equal(await askedInNext(), 1, 'too many to name');
    ended = new Set();
    assert.deepEqual([await askedInNext(), await askedInNext(heartbeatMs)], [0, 1], 'a heartbeat');
    streams.stop();
  });

  it('the database is away when a user changes › asked about once it is back', async () => {
    let isAway = false;
    let asked = 0;
    const { streams, deliver, actor } = await openStreams({
      findEnded: async (actors) => {
        if (isAway) throw new Error('The database is away.');
        asked += actors.length;
        return new Set();
      },
    });
    await streams.check();
    deliver('', { type: 'user.updated', entity: { type: 'user', id: actor.userId } });
    isAway = true;
    await assert.rejects(streams.check(), /away/);
    [isAway, asked] = [false, 0];
    await streams.check();
    assert.equal(asked, 1);
    streams.stop();
  });

  it('nobody can say who may listen › the streams stay for 30 seconds, then end', async () => {
    const away = () => Promise.reject(new Error('The database is away.'));
    const { streams, clock, output } = await openStreams({ findEnded: away });
    clock.advance(30_000);
    await assert.rejects(streams.check(), /away/);
    assert.ok(!output.writableEnded);
    clock.advance(1_000);
    await assert.rejects(streams.check(), /away/);
    assert.ok(output.writableEnded);
  });

  it('the process stops › each stream ends with a time to reconnect; a new one ends at once', async () => {
    const { streams, output } = await openStreams();
    streams.stop();
    await waitFor('the end', () => output.writableEnded);
    await waitFor('the time', () => [...received.matchAll(/retry: (\d+)/g)].length === 2);
    const [, time] = [...received.matchAll(/retry: (\d+)/g)].map(([, ms]) => Number(ms));
    assert.ok(time !== undefined && time >= 500 && time < 3_000, String(time));
  });
});
