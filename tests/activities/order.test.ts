import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { timelineOf } from '../../src/sending/messages/actions/timeline.ts';
import { maxHeadWaitMs } from '../../src/sending/messages/order.ts';
import {
  runDispatch,
  setDispatchStage,
  type DispatchStage,
  type Sendable,
} from '../support/dispatch-stage.ts';

const to = '+15550001101';

/** The answers of one conversation, dispatched by hand in the worst order. */
describe('dispatch › the order of answers', () => {
  let stage: DispatchStage;
  before(async () => {
    stage = await setDispatchStage();
  });
  after(() => stage?.close());

  const replyOf = (turn: number, changes: Partial<MessageDoc> = {}): Partial<MessageDoc> => ({
    messageType: 'text',
    content: { text: `${turn}`, payload: { type: 'text', text: { body: `${turn}` } } },
    priority: 2,
    turn,
    ...changes,
  });

  async function threeReplies(first: Partial<MessageDoc> = {}): Promise<[Sendable, Sendable, Sendable]> {
    const one = await stage.sendable(to, replyOf(1, first));
    const { conversationId } = one.message;
    const later = (turn: number) =>
      stage.another(one, to, { isWindowOpen: true, changes: { ...replyOf(turn), conversationId } });
    return [one, await later(2), await later(3)];
  }

  /** `dispatched`, `held`, or the type of the failure that repeats the attempt. */
  const dispatch = (given: Sendable, aheadMs = 0): Promise<string> => {
    const clock = { now: () => new Date(Date.now() + aheadMs) };
    return runDispatch({ ...stage.deps, clock }, given).then(
      ({ kind }) => kind,
      (error: unknown) => {
        assert.ok(error instanceof ApplicationFailure);
        return error.type ?? '';
      },
    );
  };

  const bodiesSent = async (given: readonly Sendable[]): Promise<readonly string[]> => {
    const calls = await Promise.all(given.map((one) => stage.callsFor(one)));
    return calls.flat().flatMap(({ wamid, body }) => {
      const { text } = body as { text: { body: string } };
      return wamid === null ? [] : [text.body];
    });
  };

  it('the first of three gets a passing 503 › the others wait for it, and all leave in order', async () => {
    const [one, two, three] = await threeReplies();
    await stage.behave({ nextErrors: [{ to, status: 503, code: 131000, times: 1 }] });
    assert.equal(await dispatch(one), 'WA_131000');
    assert.deepEqual([await dispatch(three), await dispatch(two)], ['WAIT_order', 'WAIT_order']);
    assert.deepEqual(await bodiesSent([one, two, three]), []);
    assert.equal(await dispatch(one), 'dispatched');
    assert.deepEqual([await dispatch(three), await dispatch(two)], ['WAIT_order', 'dispatched']);
    assert.equal(await dispatch(three), 'dispatched');
    const { waits, dispatch: state } = await stage.stored(three);
    assert.equal(state.attempt, 1);
    assert.equal(waits?.length, 1, 'looking again is no new wait');
    assert.match(waits[0]?.reason ?? '', /earlier answer/);
  });

  it('the call of the first one is under way › the second waits', async () => {
    const [one, two] = await threeReplies();
    const { gateway } = stage.deps;
    let during = '';
    const deps = {
      ...stage.deps,
      gateway: {
        ...gateway,
        send: async (...call: Parameters<typeof gateway.send>) => {
          during = await dispatch(two);
          return gateway.send(...call);
        },
      },
    };
    await runDispatch(deps, one);
    assert.equal(during, 'WAIT_order');
    assert.equal(await dispatch(two), 'dispatched');
  });

  const finished = [
    ['canceled', { status: 'canceled' }],
    ['failed', { status: 'failed' }],
    ['expired', { status: 'expired' }],
    ['of unknown outcome', { status: 'unknown' }],
  ] as const;
  for (const [name, changes] of finished) {
    it(`the first one is ${name} › holds nobody`, async () => {
      const [, two] = await threeReplies(changes);
      assert.equal(await dispatch(two), 'dispatched');
    });
  }

  it('templates, scheduled messages and other conversations › neither hold an answer nor wait for one', async () => {
    const one = await stage.sendable(to, replyOf(1));
    const { conversationId } = one.message;
    const beside = (changes: Partial<MessageDoc>) =>
      stage.another(one, to, { isWindowOpen: true, changes: { conversationId, ...changes } });
    assert.equal(await dispatch(await beside({})), 'dispatched');
    const { turn: _turn, ...untimed } = replyOf(2);
    await beside({ ...untimed, status: 'scheduled', sendAt: new Date(Date.now() + 3_600_000) });
    assert.equal(
      await dispatch(await stage.another(one, '+15550001201', { isWindowOpen: true, changes: replyOf(9) })),
      'dispatched',
    );
    assert.equal(await dispatch(one), 'dispatched');
  });

  it('the first one is stuck › after two minutes the others leave without it, and both histories say so', async () => {
    const [one, two, three] = await threeReplies();
    await stage.behave({ nextErrors: [{ to, status: 503, code: 131000, times: 1 }] });
    assert.equal(await dispatch(one), 'WA_131000');
    for (let aheadMs = 0; aheadMs < maxHeadWaitMs; aheadMs += 5_000) {
      assert.equal(await dispatch(two, aheadMs), 'WAIT_order');
      assert.equal(await dispatch(three, aheadMs), 'WAIT_order');
    }
    assert.equal(await dispatch(two, maxHeadWaitMs + 1_000), 'dispatched');
    assert.equal(await dispatch(three, maxHeadWaitMs + 1_000), 'dispatched');
    const ordersOf = async (given: Sendable) =>
      timelineOf(await stage.stored(given)).flatMap(({ kind, text }) => (kind === 'order' ? [text] : []));
    assert.deepEqual(await ordersOf(one), ['stuck: later answers of the conversation no longer wait for it']);
    assert.deepEqual(await ordersOf(two), [
      `no longer waits for earlier answers that are stuck: ${one.message._id.toHexString()}`,
    ]);
    assert.deepEqual(await ordersOf(three), []);
    assert.equal(await dispatch(one, maxHeadWaitMs + 2_000), 'dispatched', 'it leaves when it can');
  });

  it('held by a paused channel for hours, then resumed › the time does not count, and the order stays', async () => {
    const [one, two] = await threeReplies();
    const channels = stage.collection('channels');
    const set = (state: string) => channels.updateOne({ _id: one.message.channelId }, { $set: { state } });
    assert.equal(await dispatch(two), 'WAIT_order');
    await set('paused');
    assert.equal(await dispatch(one, 5_000), 'WAIT_channel', 'found by the last look');
    assert.deepEqual([await dispatch(two, 5_000), await dispatch(one, 5_000)], ['held', 'held']);
    await set('active');
    const laterMs = 4 * 3_600_000;
    assert.equal(await dispatch(two, laterMs), 'WAIT_order');
    assert.equal(await dispatch(one, laterMs), 'dispatched');
    assert.equal(await dispatch(two, laterMs), 'dispatched');
  });

  it('no worker for an hour › the time does not count, and the order stays', async () => {
    const [, two] = await threeReplies();
    assert.equal(await dispatch(two), 'WAIT_order');
    assert.equal(await dispatch(two, 3_600_000), 'WAIT_order');
  });
});
