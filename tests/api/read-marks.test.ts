import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { readMarkTimer } from '../../src/inbox/conversations/read-mark-timer.ts';
import type { TimerDoc } from '../../src/timers/model.ts';
import { useMarksStage, type Talk } from '../support/marks-stage.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

describe('api › read marks for the contact', function () {
  this.timeout(60_000);
  const { api, begin, fireAfter, behave } = useMarksStage('read-marks');
  let talk: Talk;

  beforeEach(async () => {
    talk = await begin();
  });

  const timerOf = ({ conversationId }: Talk) =>
    api()
      .collection<TimerDoc>('timers')
      .findOne({ kind: readMarkTimer, subjectId: new Types.ObjectId(conversationId) });
  const readMark = async () =>
    (await talk.show()).body['sharedReadMark'] as {
      messageId: string | null;
      failure: { messageId: string; code: string; isFinal: boolean } | null;
    } | null;
  const failure = async () => {
    const { code, isFinal } = (await readMark())?.failure ?? {};
    return [code, isFinal];
  };

  it('a conversation is read › its last message is marked once, also if it is read again or was unread', async () => {
    const last = await talk.say();
    assert.equal(await readMark(), null);
    for (let times = 0; times < 2; times += 1) {
      assert.equal((await talk.read()).status, 200);
      await fireAfter();
    }
    await talk.agent.post(`/api/conversations/${talk.conversationId}/unread`);
    assert.equal((await talk.read()).body['unreadCount'], 0);
    await fireAfter();
    assert.deepEqual(await talk.marks(), [{ messageId: last.wamid, isTyping: false }]);
    assert.deepEqual([(await readMark())?.messageId, (await readMark())?.failure], [last.id, null]);
  });

  it('read up to a message › that one is marked and not the later one; the later one with the next read', async () => {
    const seen = await talk.say();
    const later = await talk.say();
    await talk.read(seen.id);
    await fireAfter();
    assert.deepEqual(await talk.marks(), [{ messageId: seen.wamid, isTyping: false }]);
    await talk.read();
    await fireAfter();
    assert.equal((await talk.marks()).at(-1)?.messageId, later.wamid);
  });

  it('reads in a row before the worker comes › one call', async () => {
    const seen = await talk.say();
    const last = await talk.say();
    await Promise.all([talk.read(seen.id), talk.read(last.id), talk.read()]);
    await fireAfter();
    assert.deepEqual(await talk.marks(), [{ messageId: last.wamid, isTyping: false }]);
  });

  it('a worker that dies after the call › the timer is still there, and its repetition is the same call', async () => {
    await talk.read();
    const armed = await timerOf(talk);
    assert.ok(armed?.attemptAt !== undefined, 'armed with the read');
    await fireAfter();
    // As before the call was noted.
    await api()
      .collection('read_marks')
      .deleteMany({ conversationId: new Types.ObjectId(talk.conversationId) });
    await api()
      .collection('timers')
      .updateOne({ _id: armed._id }, { $set: { attemptAt: new Date(0) }, $unset: { expiresAt: 1 } });
    await fireAfter();
    const [first, second, ...more] = await talk.marks();
    assert.deepEqual([first, more], [second, []]);
  });

  it('the settings do not share read marks › no call and no timer, also not later', async () => {
    await talk.admin.patch('/api/inbox-settings', { shareReadMarks: false });
    await talk.read();
    assert.equal(await timerOf(talk), null);
    await talk.say();
    await talk.admin.patch('/api/inbox-settings', { shareReadMarks: true });
    await talk.read();
    await talk.admin.patch('/api/inbox-settings', { shareReadMarks: false });
    await fireAfter();
    assert.equal(await talk.countCalls(), 0, 'switched off before the worker came');
  });

  it('the channel is paused › no call, and it shows; resumed in time › the call', async () => {
    await talk.admin.post(`/api/channels/${talk.channelId}/pause`);
    await talk.read();
    await fireAfter();
    assert.deepEqual([await talk.countCalls(), await failure()], [0, ['channel', false]]);
    await talk.admin.post(`/api/channels/${talk.channelId}/resume`);
    await fireAfter(60_000);
    assert.equal((await talk.marks()).length, 1);
    assert.equal((await readMark())?.failure, null);
  });

  it('an unverified channel › no call', async () => {
    await api()
      .collection('channels')
      .updateOne(
        { _id: new Types.ObjectId(talk.channelId) },
        { $set: { ownership: { state: 'unverified' } } },
      );
    await talk.read();
    await fireAfter();
    assert.deepEqual([await talk.countCalls(), await failure()], [0, ['channel', false]]);
  });

  it('a blocked contact › no call, and none is tried again', async () => {
    const contactId = (await talk.show()).body['contactId'] as string;
    await api()
      .collection('contacts')
      .updateOne({ _id: new Types.ObjectId(contactId) }, { $set: { isBlocked: true } });
    await talk.read();
    await fireAfter();
    await fireAfter(hourMs);
    assert.deepEqual([await talk.countCalls(), await failure()], [0, ['block-list', true]]);
  });

  it('WhatsApp refuses › it shows, nothing is repeated, and the next message is marked', async () => {
    await behave({ nextErrors: [{ code: 131009, times: 1 }] });
    await talk.read();
    await fireAfter();
    await fireAfter(hourMs);
    assert.deepEqual([await talk.countCalls(), await failure()], [1, ['131009', true]]);
    const next = await talk.say();
    await talk.read();
    await fireAfter();
    assert.equal((await talk.marks()).at(-1)?.messageId, next.wamid);
    assert.equal((await readMark())?.failure, null);
  });

  it('WhatsApp does not answer › repeated with growing waits, ten times at most', async () => {
    await behave({ nextErrors: [{ reset: true, times: 1_000 }] });
    await talk.read();
    for (let round = 0; round < 14; round += 1) await fireAfter(round === 0 ? 0 : hourMs);
    assert.equal(await talk.countCalls(), 10);
    assert.deepEqual(await failure(), ['away', true]);
    assert.equal((await timerOf(talk))?.attemptAt, undefined);
  });

  it('messages of more than 30 days ago › no call', async () => {
    const thirtyOneDays = new Date(Date.now() - 31 * dayMs);
    await api()
      .collection('messages')
      .updateMany(
        { conversationId: new Types.ObjectId(talk.conversationId) },
        { $set: { timestamp: thirtyOneDays } },
      );
    await talk.read();
    await fireAfter();
    assert.deepEqual([await talk.countCalls(), await readMark()], [0, null]);
  });

  it('a late message that WhatsApp dates before the marked one › no second call', async () => {
    await talk.read();
    await fireAfter();
    await talk.say(2 * hourMs);
    await talk.read();
    await fireAfter();
    assert.equal(await talk.countCalls(), 1);
  });
});
