import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Types } from 'mongoose';
import { newSecret, sha256Hex } from '../../src/platform/ids.ts';
import type { Loop } from '../../src/platform/loop.ts';
import { useApi } from '../support/api.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { call } from '../support/http.ts';
import { changeOf, envelopeOf, postSigned, textOf } from '../support/meta.ts';
import { assertRefused } from '../support/problems.ts';
import { startTestProcessor, type TestProcessor } from '../support/processor.ts';
import { waitFor } from '../support/wait.ts';

const secret = 'the app secret of this test';
const zeros = `[${'0,'.repeat(200_000)}0]`;

describe('api › webhook turns', function () {
  this.timeout(60_000);
  const api = useApi('webhook-turns', { env: { WHATSAPP_APP_SECRETS: secret } });
  let user: CrmUser;
  let processors: TestProcessor[];
  let loops: Loop[];

  beforeEach(async () => {
    user = await api().signUp();
    [processors, loops] = [[], []];
    await events().deleteMany({});
  });
  afterEach(async () => {
    await Promise.all(loops.map((loop) => loop.stop()));
    for (const processor of processors) assert.deepEqual(processor.probe.takeViolations(), []);
    await Promise.all(processors.map((one) => one.close()));
  });

  const events = () => api().collection('webhook_events');
  const incoming = (path = '') => `${api().url}/webhook/incoming${path}`;

  /** A processor whose handling of a message takes a while; `seen` gets the ids of its messages. */
  async function startSlow(seen: string[], takesMs: number): Promise<TestProcessor> {
    const processor = await startTestProcessor(api(), {
      inbound: (real) => ({
        ...real,
        async receive(scope, channelId, item) {
          seen.push(item.providerMessageId);
          await sleep(takesMs);
          return real.receive(scope, channelId, item);
        },
      }),
    });
    processors.push(processor);
    return processor;
  }

  /** An event of the given source, stored as if it had just arrived. */
  const eventOf = (body: unknown, fields: object = {}) => ({
    ...{ receivedAt: new Date(), status: 'pending', attempts: 0, nextAttemptAt: new Date(), isUrgent: true },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...fields,
  });

  const messagesOf = (phoneNumberId: string, ids: readonly string[]) => {
    const from = phoneEndingIn('33').slice(1);
    const messages = ids.map((id) => ({
      id,
      from,
      timestamp: '1795430000',
      type: 'text',
      text: { body: 'Hi' },
    }));
    return envelopeOf(changeOf(phoneNumberId, { messages }));
  };
  const idsOf = (count: number) => Array.from({ length: count }, () => `wamid.${newSecret(9)}`);

  describe('the door', () => {
    it('a body beyond a bound, signed or on a channel’s own address › 413 that names the bound, counted and logged', async () => {
      const key = newSecret();
      await api()
        .collection('channels')
        .updateOne({ _id: new Types.ObjectId(user.channelId) }, { $set: { webhookKeyHash: sha256Hex(key) } });
      for (const [bound, body] of [
        ['150000 values', zeros],
        ['64 depth', '['.repeat(100)],
      ] as const) {
        for (const answer of [
          await postSigned(incoming(), body, secret),
          await call(incoming(`/${key}`), { method: 'POST', raw: body }),
        ]) {
          assertRefused(answer, bound);
          assert.deepEqual([answer.status, answer.body['code']], [413, 'body-out-of-bounds']);
          assert.match(String(answer.body['detail']), new RegExp(bound));
        }
      }
      assert.equal(await events().countDocuments({}), 0);
      const logged = api()
        .log.lines()
        .filter(({ message }) => message === 'webhook body out of bounds; refused');
      assert.deepEqual(
        logged.map(({ bound, channelId }) => [bound, channelId]),
        ['values', 'depth'].flatMap((bound) => [
          [bound, null],
          [bound, user.channelId],
        ]),
      );
    });

    it('an event › gets its source and the keys of its persons', async () => {
      await postSigned(
        incoming(),
        textOf(user.phoneNumberId, '+4915155500001', 'Hi', 'wamid.source'),
        secret,
      );
      const [event] = await events().find({}).toArray();
      assert.equal(event?.['source'], `number:${user.phoneNumberId}`);
      assert.deepEqual(event['persons'], [sha256Hex('4915155500001').slice(0, 24)]);
    });
  });

  describe('the processor', () => {
    it('a body beyond a bound, stored by an older version › a dead letter that names the bound', async () => {
      await events().insertOne(eventOf(zeros));
      await (await startSlow([], 0)).drain();
      const [event] = await events().find({}).toArray();
      assert.deepEqual(
        { status: event?.['status'], lastError: event?.['lastError'], attempts: event?.['attempts'] },
        { status: 'dead', lastError: 'invalid: the body has more than 150000 values', attempts: 1 },
      );
    });

    it('an event that stopped its processors five times › a dead letter that says so; others of its batch are processed', async () => {
      const seen: string[] = [];
      const [poison = '', innocent = ''] = idsOf(2);
      await events().insertMany([
        eventOf(messagesOf(user.phoneNumberId, [poison]), { takes: 5 }),
        eventOf(messagesOf(user.phoneNumberId, [innocent]), { takes: 1 }),
      ]);
      await (await startSlow(seen, 0)).drain();
      const stored = await events().find({}).sort({ _id: 1 }).toArray();
      assert.deepEqual(
        stored.map(({ status, lastError, takes }) => ({ status, lastError, takes })),
        [
          {
            status: 'dead',
            lastError: 'stalled: taken 5 times, and no attempt came to an end',
            takes: undefined,
          },
          { status: 'done', lastError: undefined, takes: undefined },
        ],
      );
      assert.deepEqual(seen, [innocent]);
    });

    it('a business posts dozens of bodies that become dead letters › all are kept, and five lines a minute tell of them', async () => {
      const source = `client:${user.clientId}`;
      const dead = (from: string) => eventOf('{"not":"an event"}', { source: from });
      await events().insertMany([
        ...Array.from({ length: 30 }, () => dead(source)),
        ...Array.from({ length: 20 }, () => dead(`unverified:${new Types.ObjectId().toHexString()}`)),
        dead('client:another'),
      ]);
      await (await startSlow([], 0)).drain();
      const letters = await events().find({ status: 'dead' }).toArray();
      assert.equal(letters.length, 51);
      const sources = new Map(letters.map(({ _id, source: from }) => [_id.toHexString(), String(from)]));
      const logged = api()
        .log.lines()
        .flatMap(({ message, eventId }) =>
          String(message).startsWith('webhook event became a dead letter')
            ? (sources.get(String(eventId)) ?? [])
            : [],
        );
      const countOf = (start: string): number => logged.filter((from) => from.startsWith(start)).length;
      assert.deepEqual([countOf(source), countOf('unverified:'), countOf('client:another')], [5, 5, 1]);
    });

    it('a processor that dies › leaves a count of its take; a verdict clears it', async () => {
      await events().insertOne(eventOf(messagesOf('unknown', idsOf(1))));
      const processor = await startSlow([], 0);
      await processor.processBatch('all');
      const parked = await events().findOne({});
      assert.deepEqual(
        [parked?.['status'], parked?.['takes'], parked?.['attempts']],
        ['parked', undefined, 1],
      );
    });

    it('stopped in the middle of an event › the next processor continues it: each item once, in order', async () => {
      const ids = idsOf(30);
      const [first, second]: string[][] = [[], []];
      await events().insertOne(eventOf(messagesOf(user.phoneNumberId, ids)));
      const loop = (await startSlow(first ?? [], 30)).start();
      await waitFor('some items are handled', () => (first?.length ?? 0) >= 5);
      await loop.stop();
      const event = await events().findOne({});
      assert.deepEqual(
        [event?.['status'], event?.['leaseToken'], event?.['takes'], event?.['attempts']],
        ['pending', undefined, undefined, 0],
      );
      await (await startSlow(second ?? [], 0)).drain();
      assert.deepEqual([...(first ?? []), ...(second ?? [])], ids);
      assert.ok((second?.length ?? 0) > 0);
      const ended = await events().findOne({});
      assert.deepEqual([ended?.['status'], ended?.['progress']], ['done', undefined]);
    });

    it('one item of many waits › the next attempt handles that one alone', async () => {
      const seen: string[] = [];
      const [known, unknown] = [idsOf(3), idsOf(1)];
      const processor = await startSlow(seen, 0);
      const { entry } = messagesOf(user.phoneNumberId, known);
      const waiting = { ...messagesOf('not connected yet', unknown), entry: [...entry] };
      waiting.entry.push(...messagesOf('not connected yet', unknown).entry);
      await events().insertOne(eventOf(waiting));
      await processor.drain();
      assert.deepEqual(seen, known);
      const parked = await events().findOne({});
      assert.deepEqual([parked?.['status'], parked?.['progress'].todo], ['parked', [3]]);

      await api()
        .collection('channels')
        .updateOne(
          { _id: new Types.ObjectId(user.channelId) },
          { $set: { phoneNumberId: 'not connected yet' } },
        );
      await waitFor('the channel is known', async () => {
        await events().updateMany({ status: 'parked' }, { $set: { nextAttemptAt: new Date() } });
        await processor.drain();
        return (await events().findOne({}))?.['status'] === 'done';
      });
      assert.deepEqual(seen, [...known, ...unknown]);
    });

    const senders = (count: number) =>
      Array.from({ length: count }, (_, index) => `+49155000${10_000 + index}`);
    const floodWith = async (count: number) => {
      for (const [index, from] of senders(count).entries())
        await postSigned(
          incoming(),
          textOf(user.phoneNumberId, from, 'hello', `wamid.hello.${index}`),
          secret,
        );
    };

    for (const lane of ['urgent', 'all'] as const) {
      it(`STOP after 200 messages of other people, in the lane “${lane}” › handled first in the next turn`, async () => {
        const seen: string[] = [];
        await floodWith(200);
        const processor = await startSlow(seen, 0);
        await processor.processBatch('urgent');
        const before = seen.length;
        assert.equal(before, 20);
        const stop = 'wamid.stop';
        await postSigned(incoming(), textOf(user.phoneNumberId, '+4915500077777', 'Stop.', stop), secret);
        await processor.processBatch(lane);
        assert.equal(seen[before], stop);
        assert.equal(seen.filter((id) => id === stop).length, 1);
      });
    }

    it('twenty businesses wait with larger bodies › the smaller one of another business is next', async () => {
      const seen: string[] = [];
      const padded = (phoneNumberId: string, ids: readonly string[], bytes: number) => {
        const body = messagesOf(phoneNumberId, ids);
        return JSON.stringify({ ...body, padding: 'x'.repeat(bytes) });
      };
      const large = (source: string) =>
        eventOf(padded(user.phoneNumberId, idsOf(60), 900_000), {
          source: `large:client:${source}`,
          bytes: 900_000,
        });
      const floods = Array.from({ length: 20 }, () => new Types.ObjectId().toHexString());
      await events().insertMany(floods.flatMap((source) => [large(source), large(source)]));
      loops.push((await startSlow(seen, 20)).start());
      await waitFor('the floods are under way', () => seen.length > 20);
      const [id = ''] = idsOf(1);
      const other = await api().signUp();
      await events().insertOne(
        eventOf(padded(other.phoneNumberId, [id], 300_000), {
          source: `large:client:${other.clientId}`,
          bytes: 300_000,
        }),
      );
      const before = seen.length;
      await waitFor('the message is taken', () => seen.includes(id), { everyMs: 5 });
      const passed = seen.indexOf(id) - before;
      // The turn in progress, and the next one if it began in the same moment.
      assert.ok(passed <= 100, `${passed} messages of the others came first`);
      assert.ok(seen.length < 2_000, 'the floods were over too early');
    });

    it('a large body of a business waits behind others › a small one of the same business passes it', async () => {
      const seen: string[] = [];
      const [first = '', waiting = '', small = ''] = idsOf(3);
      const largeOf = (id: string) =>
        JSON.stringify({ ...messagesOf(user.phoneNumberId, [id]), padding: 'x'.repeat(300_000) });
      // The first comes from an older version, which stored it among the small ones.
      await events().insertOne(eventOf(largeOf(first), { source: 'client:other' }));
      await events().insertOne(eventOf(largeOf(waiting), { source: 'large:client:own', bytes: 300_500 }));
      await events().insertOne(eventOf(messagesOf(user.phoneNumberId, [small]), { source: 'client:own' }));
      const processor = await startSlow(seen, 0);
      await processor.processBatch('all');
      assert.deepEqual(seen, [small]);
      await processor.drain();
      assert.deepEqual(seen.toSorted(), [first, waiting, small].toSorted());
      assert.equal(await events().countDocuments({ source: 'large:client:other', status: 'done' }), 1);
    });

    it('floods of thirty sources › a message of another source passes nearly all of them', async () => {
      const seen: string[] = [];
      const floods = Array.from({ length: 30 }, () => new Types.ObjectId().toHexString());
      await events().insertMany(
        floods.map((source) =>
          eventOf(messagesOf(user.phoneNumberId, idsOf(100)), { source: `channel:${source}` }),
        ),
      );
      loops.push((await startSlow(seen, 20)).start());
      await waitFor('the floods are under way', () => seen.length > 100);
      const other = await api().signUp();
      for (const id of idsOf(3)) {
        await postSigned(incoming(), messagesOf(other.phoneNumberId, [id]), secret);
        const before = seen.length;
        await waitFor('the message is taken', () => seen.includes(id), { everyMs: 5 });
        const passed = seen.indexOf(id) - before;
        assert.ok(passed < 200, `${passed} messages of the floods came first`);
      }
      assert.ok(seen.length < 2_500, 'the floods were over too early');
    });
  });
});
