import assert from 'node:assert/strict';
import type { Types } from 'mongoose';
import { createGateRelease } from '../../src/sending/dispatch/release.ts';
import { createGateOpenings, type Opening } from '../../src/openings/openings.ts';
import { createGateOpeningRepository, type GateOpeningDoc } from '../../src/openings/repository.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { createFixedClock } from '../../src/platform/clock.ts';
import { newId } from '../../src/platform/ids.ts';
import { scopeOf, type ClientScope } from '../../src/platform/mongo.ts';
import { useApi } from '../support/api.ts';
import { buildMessage } from '../support/messages.ts';
import { useWorkerCore } from '../support/worker-core.ts';

const start = new Date('2026-11-23T09:00:00.000Z');

describe('gates that open', function () {
  this.timeout(60_000);
  const api = useApi('gate-release');
  const worker = useWorkerCore(api);
  let scope: ClientScope;
  let channelId: Types.ObjectId;
  let clock: ReturnType<typeof createFixedClock>;
  let woken: string[];

  before(async () => {
    // The API's own probe has to have seen something as well.
    await api().signUp();
  });
  beforeEach(async () => {
    await openings().deleteMany({});
    scope = scopeOf(newId());
    channelId = newId();
    clock = createFixedClock(start);
    woken = [];
  });

  const openings = () => api().collection<GateOpeningDoc>('gate_openings');

  /** As in a worker, with workflows that only record the signals; `signal` may fail. */
  const release = (signal: (id: string) => Promise<void> = () => Promise.resolve()) =>
    createGateRelease({
      openings: createGateOpeningRepository(worker().mongo),
      messages: worker().messages,
      workflows: {
        async signalGateOpened(id) {
          await signal(id);
          woken.push(id);
        },
      },
      clock,
      logger: worker().logger,
    });
  const open = (opening: Opening, of = scope) =>
    createGateOpenings({ openings: createGateOpeningRepository(worker().mongo), clock }).opened(of, opening);

  /** Stores messages of this client and channel that wait for their channel; returns the ids. */
  async function hold(count = 1, changes: Partial<MessageDoc> = {}): Promise<string[]> {
    const waiting = { gate: 'channel', reason: 'channel paused', since: start } as const;
    const held = Array.from({ length: count }, () =>
      buildMessage({ ...scope, channelId, waiting, ...changes }),
    );
    await api().collection<MessageDoc>('messages').insertMany(held);
    return held.map(({ _id }) => _id.toHexString());
  }

  describe('which messages are signalled', () => {
    it('unsent messages of this gate and channel › and no others', async () => {
      const held = [
        ...(await hold(2)),
        ...(await hold(1, { status: 'scheduled' })),
        ...(await hold(1, { status: 'sending' })),
      ];
      const quiet = { gate: 'quiet-hours', reason: 'quiet hours', since: start } as const;
      await hold(1, { waiting: quiet });
      await hold(1, { channelId: newId() });
      await hold(1, { clientId: newId() });
      for (const status of ['sent', 'failed', 'canceled', 'expired', 'unknown'] as const)
        await hold(1, { status });
      await open({ gate: 'channel', channelId });
      assert.equal(await release().releaseNext(), true);
      assert.deepEqual(woken.toSorted(), held.toSorted());
    });

    it('a template in one language › its messages on this channel only', async () => {
      const waiting = { gate: 'template', reason: 'template paused', since: start } as const;
      const template = (name: string, code: string): Partial<MessageDoc> => ({
        ...{ waiting, templateName: name, content: { template: { name, language: { code } } } },
      });
      const held = await hold(2, template('offer', 'de'));
      await hold(1, template('offer', 'en_US'));
      await hold(1, template('other', 'de'));
      await hold(1, { ...template('offer', 'de'), channelId: newId() });
      await open({ gate: 'template', channelId, templateName: 'offer', language: 'de' });
      await release().releaseNext();
      assert.deepEqual(woken, held);
    });

    it('an opening of all channels › those of all channels of the client', async () => {
      const quiet = { gate: 'quiet-hours', reason: 'quiet hours', since: start } as const;
      const held = [
        ...(await hold(1, { waiting: quiet })),
        ...(await hold(1, { waiting: quiet, channelId: newId() })),
      ];
      await hold(1, { waiting: quiet, clientId: newId() });
      await open({ gate: 'quiet-hours' });
      await release().releaseNext();
      assert.deepEqual(woken, held);
    });

    it('none is held › the opening is completed nevertheless', async () => {
      await open({ gate: 'channel', channelId });
      assert.equal(await release().releaseNext(), true);
      clock.advance(5_000);
      assert.equal(await release().releaseNext(), true);
      assert.deepEqual([await release().releaseNext(), await openings().countDocuments()], [false, 0]);
    });
  });

  it('1,100 held ones › each is signalled once, in pages, in order of acceptance', async () => {
    const held = await hold(1_100);
    await open({ gate: 'channel', channelId });
    await release().releaseNext();
    assert.equal(woken.length, 1_100);
    assert.deepEqual(woken.toSorted(), held.toSorted());
    // Sixteen are signalled in parallel: none overtakes more than that.
    const place = new Map(held.map((id, index) => [id, index]));
    woken.forEach((id, index) => assert.ok(Math.abs((place.get(id) ?? 0) - index) < 16, `${index}`));
  });

  it('one held just after the first pass › signalled by the second, five seconds after the opening', async () => {
    const [first] = await hold();
    await open({ gate: 'channel', channelId });
    assert.equal(await release().releaseNext(), true);
    const [late] = await hold();
    clock.advance(4_999);
    assert.equal(await release().releaseNext(), false);
    assert.deepEqual(woken, [first]);
    clock.advance(1);
    assert.equal(await release().releaseNext(), true);
    // A message that was signalled and still waits is signalled again, which is harmless.
    assert.deepEqual(woken, [first, first, late]);
    assert.equal(await openings().countDocuments(), 0);
    assert.equal(await release().releaseNext(), false);
  });

  describe('a worker that dies in the middle', () => {
    it('the lease ends › another worker starts over, and all are signalled', async () => {
      const held = await hold(30);
      await open({ gate: 'channel', channelId });
      const dying = release((id) =>
        id === held[20] ? Promise.reject(new Error('died')) : Promise.resolve(),
      );
      await assert.rejects(dying.releaseNext(), /died/);
      assert.ok(woken.length < 30);
      clock.advance(29_999);
      assert.equal(await release().releaseNext(), false);
      clock.advance(1);
      woken = [];
      assert.equal(await release().releaseNext(), true);
      assert.deepEqual(woken.toSorted(), held.toSorted());
      // That pass came later than the second one had to.
      assert.equal(await openings().countDocuments(), 0);
    });
  });

  describe('two workers at once', () => {
    it('one opening › one of them takes it', async () => {
      const held = await hold(3);
      await open({ gate: 'channel', channelId });
      const took = await Promise.all([release().releaseNext(), release().releaseNext()]);
      assert.equal(took.filter(Boolean).length, 1);
      assert.deepEqual(woken.toSorted(), held.toSorted());
    });

    it('two openings, of two clients › one each, each with its own messages', async () => {
      const ours = await hold(2);
      await open({ gate: 'channel', channelId });
      const other = scopeOf(newId());
      const theirs = await hold(2, { ...other });
      await open({ gate: 'channel', channelId }, other);
      assert.deepEqual(await Promise.all([release().releaseNext(), release().releaseNext()]), [true, true]);
      assert.deepEqual(woken.toSorted(), [...ours, ...theirs].toSorted());
    });
  });

  it('the oldest opening › goes first', async () => {
    const [first] = await hold();
    await open({ gate: 'channel', channelId });
    clock.advance(10);
    const elsewhere = newId();
    const [second] = await hold(1, { channelId: elsewhere });
    await open({ gate: 'channel', channelId: elsewhere });
    await release().releaseNext();
    await release().releaseNext();
    assert.deepEqual(woken, [first, second]);
  });
});
