import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { TimelineView } from '../../src/sending/messages/actions/schemas.ts';
import type { MessageView } from '../../src/sending/messages/schemas.ts';
import { issuePaths, type Answer as HttpAnswer } from '../support/http.ts';
import type { Answer } from '../support/crm-client.ts';
import { useMessagingApi } from '../support/messaging-api.ts';
import { outcomeOf, startCorrespondence, type Correspondence } from '../support/stored-messages.ts';

const start = new Date('2026-11-23T09:00:00.000Z');
const after = (ms: number): Date => new Date(start.getTime() + ms);
const fromNow = (ms: number): Date => new Date(Date.now() + ms);
const hourMs = 3_600_000;

describe('messages › reschedule, cancel, timeline', function () {
  this.timeout(30_000);
  const api = useMessagingApi('message-life', () => ({ TEMPORAL_UI_URL: 'http://temporal.test/ui' }));
  let ours: Correspondence;
  let theirs: Correspondence;

  before(async () => {
    ours = await startCorrespondence(api());
    theirs = await startCorrespondence(api());
  });

  const view = (id: string) => ours.user.getMessage(id);
  const words = ({ statusHistory }: MessageView) => statusHistory.map(({ status }) => status);

  describe('reschedule', () => {
    const scheduled = (changes = {}) =>
      ours.store({ status: 'scheduled', sendAt: fromNow(2 * hourMs), ...changes });
    const move = (id: string, sendAt: Date, who = ours): Promise<Answer<MessageView>> =>
      who.user.call(`/api/messages/${id}`, { method: 'PATCH', body: { sendAt: sendAt.toISOString() } });

    for (const [what, ms] of [
      ['earlier', hourMs],
      ['later', 5 * hourMs],
    ] as const) {
      it(`${what} › 200 and stored`, async () => {
        const id = await scheduled();
        const { sendAt: was } = await ours.stored(id);
        const sendAt = fromNow(ms);
        const moved = await move(id, sendAt);
        assert.equal(outcomeOf(moved), '200');
        assert.deepEqual([moved.body.status, moved.body.sendAt], ['scheduled', sendAt.toISOString()]);
        assert.deepEqual(moved.body, await view(id));
        assert.equal(moved.body.waitingFor?.until, sendAt.toISOString());
        assert.deepEqual(moved.body.statusHistory.at(-1)?.raw, { sendAt: sendAt.toISOString() });
        assert.deepEqual(await ours.auditOf(id), [
          [`message.rescheduled by ${ours.user.userId}`, { sendAt: was }, { sendAt }],
        ]);
      });
    }

    it('while it is held by a gate › waits for its new time, no longer for the gate', async () => {
      const waiting = {
        gate: 'quiet-hours',
        reason: 'quiet hours',
        since: fromNow(0),
        until: fromNow(hourMs),
      };
      const id = await scheduled({ sendAt: fromNow(-hourMs), waiting, waits: [waiting] } as const);
      assert.equal((await view(id)).waitingFor?.gate, 'quiet-hours');
      const sendAt = fromNow(48 * hourMs);
      const moved = await move(id, sendAt);
      assert.equal(outcomeOf(moved), '200');
      const { gate, until } = moved.body.waitingFor ?? {};
      assert.deepEqual([gate, until], ['schedule', sendAt.toISOString()]);
      const stored = await ours.stored(id);
      assert.deepEqual([stored.waiting, stored.waits], [undefined, [waiting]]);
    });

    it('to the past, or after its expiry › 400 that names the field, nothing changes', async () => {
      const id = await scheduled({ expiresAt: fromNow(3 * hourMs) });
      const before = await view(id);
      for (const sendAt of [fromNow(-1_000), fromNow(4 * hourMs), new Date(before.expiresAt ?? '')]) {
        const refused = await move(id, sendAt);
        assert.equal(outcomeOf(refused), '400 invalid-input');
        assert.deepEqual(issuePaths(refused as unknown as HttpAnswer), ['body.sendAt']);
      }
      assert.deepEqual(await view(id), before);
      assert.deepEqual(await ours.auditOf(id), []);
    });

    for (const status of ['queued', 'sending', 'sent', 'failed', 'canceled', 'unknown'] as const) {
      it(`of one that is ${status} › 409, nothing changes`, async () => {
        const id = await ours.store({ status });
        assert.equal(outcomeOf(await move(id, fromNow(hourMs))), '409 wrong-state');
        assert.equal((await view(id)).sendAt, null);
      });
    }

    it('of an inbound message, of another client’s, of an unknown one › 404', async () => {
      const inbound = await ours.store({ direction: 'inbound', senderType: 'contact', status: 'received' });
      const foreign = await theirs.store({ status: 'scheduled', sendAt: fromNow(hourMs) });
      for (const id of [inbound, foreign, new Types.ObjectId().toHexString()]) {
        assert.equal(outcomeOf(await move(id, fromNow(hourMs))), '404 not-found');
      }
    });
  });

  describe('cancel', () => {
    const cancel = (id: string): Promise<Answer<MessageView>> =>
      ours.user.call(`/api/messages/${id}/cancel`, { method: 'POST' });

    for (const status of ['scheduled', 'queued', 'sending'] as const) {
      it(`one that is ${status} without a call in progress › 200; repeated, the same answer`, async () => {
        const waiting = { gate: 'channel', reason: 'channel paused', since: start } as const;
        const id = await ours.store({ status, waiting, sendAt: fromNow(hourMs) });
        const first = await cancel(id);
        assert.deepEqual([outcomeOf(first), first.body.status], ['200', 'canceled']);
        assert.equal(first.body.waitingFor, null);
        assert.deepEqual(words(first.body), [status, 'canceled']);
        const second = await cancel(id);
        assert.deepEqual([outcomeOf(second), second.body], ['200', first.body]);
        assert.deepEqual(await ours.auditOf(id), [
          [`message.canceled by ${ours.user.userId}`, { status }, { status: 'canceled' }],
        ]);
      });
    }

    it('one with a call in progress › 409: it may already be sent', async () => {
      const dispatch = { attempt: 1, isCalling: true, token: 't', startedAt: start, attempts: [] };
      const id = await ours.store({ status: 'sending', dispatch });
      assert.equal(outcomeOf(await cancel(id)), '409 already-left');
      assert.equal((await view(id)).status, 'sending');
      assert.deepEqual(await ours.auditOf(id), []);
    });

    for (const status of ['sent', 'delivered', 'read', 'failed', 'expired', 'unknown'] as const) {
      it(`one that is ${status} › 409, unchanged`, async () => {
        const id = await ours.store({ status });
        const refused = await cancel(id);
        assert.equal(outcomeOf(refused), '409 already-left');
        assert.equal((refused.body as { state?: string }).state, status);
        assert.equal((await view(id)).status, status);
      });
    }

    it('an inbound one, another client’s › 404', async () => {
      const inbound = await ours.store({ direction: 'inbound', senderType: 'contact', status: 'received' });
      assert.equal(outcomeOf(await cancel(inbound)), '404 not-found');
      const foreign = await theirs.store();
      assert.equal(outcomeOf(await cancel(foreign)), '404 not-found');
      assert.equal((await theirs.user.getMessage(foreign)).status, 'queued');
    });
  });

  describe('timeline', () => {
    const read = async (id: string): Promise<TimelineView> => {
      const answer = await ours.user.call<TimelineView>(`/api/messages/${id}/timeline`);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      return answer.body;
    };

    it('waits, calls and receipts › listed in order, with the link to the workflow', async () => {
      const call = (number: number, at: number, outcome: 'retry' | 'accepted', code?: string) => ({
        ...{ number, startedAt: after(at), endedAt: after(at + 100), outcome },
        ...(code === undefined ? {} : { code }),
      });
      const entry = (status: string, at: number, raw?: Readonly<Record<string, unknown>>) => ({
        ...{ key: `${status}:${at}`, status, timestamp: after(at) },
        ...(raw === undefined ? {} : { raw }),
      });
      const id = await ours.store({
        status: 'read',
        statusHistory: [
          entry('queued', 0),
          ...[entry('sending', 1_000), entry('sending', 5_000), entry('sent', 5_100)],
          ...[entry('delivered', 6_000, { word: 'delivered' }), entry('read', 7_000, { word: 'read' })],
        ],
        waits: [
          { gate: 'channel', reason: 'channel paused', since: after(10), until: after(900) },
          { gate: 'pair', reason: 'pair limit', since: after(1_100) },
        ],
        dispatch: {
          ...{ attempt: 2, isCalling: false },
          attempts: [call(1, 1_000, 'retry', '131056'), call(2, 5_000, 'accepted')],
        },
      });
      const timeline = await read(id);
      assert.deepEqual(
        timeline.entries.map(({ at, text, code }) => [Date.parse(at) - start.getTime(), text, code]),
        [
          [0, 'accepted as queued', null],
          [10, 'waits: channel paused', null],
          [1_000, 'call 1 to the provider', null],
          [1_100, 'answer 1: refused by the provider for now', '131056'],
          [1_100, 'waits: pair limit', null],
          [5_000, 'call 2 to the provider', null],
          [5_100, 'sent', null],
          [5_100, 'answer 2: accepted by the provider', null],
          [6_000, 'receipt: delivered', null],
          [7_000, 'receipt: read', null],
        ],
      );
      assert.deepEqual(
        [timeline.entries[0]?.by, timeline.entries[1]?.until],
        [ours.user.userId, after(900).toISOString()],
      );
      assert.deepEqual([timeline.attempts, timeline.waitingFor], [2, null]);
      assert.deepEqual(timeline.workflow, {
        id: `message:${id}`,
        url: `http://temporal.test/ui/namespaces/there-is-none/workflows/message%3A${id}`,
        status: null,
        pending: null,
      });
    });

    const sendAt = fromNow(hourMs);
    const until = fromNow(2 * hourMs);
    const since = start.toISOString();
    const states = [
      ['queued', {}, { gate: 'queue', since, until: null }],
      ['scheduled', { sendAt }, { gate: 'schedule', since, until: sendAt.toISOString() }],
      [
        'queued',
        { waiting: { gate: 'quiet-hours', reason: 'quiet hours', since: after(5), until } },
        { gate: 'quiet-hours', since: after(5).toISOString(), until: until.toISOString() },
      ],
      [
        'sending',
        { waiting: { gate: 'channel', reason: 'channel paused', since: after(5) } },
        { gate: 'channel', since: after(5).toISOString(), until: null },
      ],
      [
        'sending',
        { dispatch: { attempt: 1, isCalling: true, startedAt: after(9), attempts: [] } },
        { gate: 'answer', since: after(9).toISOString(), until: null },
      ],
      ...(['sent', 'delivered', 'read', 'failed', 'canceled', 'expired', 'unknown'] as const).map(
        (status) => [status, {}, null] as const,
      ),
    ] as const;
    for (const [status, changes, expected] of states) {
      it(`what one that is ${status} waits for › ${expected?.gate ?? 'nothing'}, in both views`, async () => {
        const id = await ours.store({ status, ...changes });
        const { waitingFor } = await read(id);
        assert.deepEqual((await view(id)).waitingFor, waitingFor);
        if (waitingFor === null) return assert.equal(expected, null);
        const { reason, ...others } = waitingFor;
        assert.deepEqual(others, expected);
        assert.ok(reason.length > 0);
      });
    }

    it('an inbound one, another client’s › 404', async () => {
      const inbound = await ours.store({ direction: 'inbound', senderType: 'contact', status: 'received' });
      for (const id of [inbound, await theirs.store()]) {
        assert.equal(outcomeOf(await ours.user.call(`/api/messages/${id}/timeline`)), '404 not-found');
      }
    });
  });

  it('the views › have category, priority and both links of a retry', async () => {
    const other = new Types.ObjectId();
    const id = await ours.store({
      ...{
        status: 'failed',
        category: 'marketing',
        priority: 5,
        retryOf: new Types.ObjectId(),
        retriedBy: other,
      },
    });
    const { category, priority, retriedBy, retryOf } = await view(id);
    assert.deepEqual(
      { category, priority, retriedBy },
      { category: 'marketing', priority: 5, retriedBy: other.toHexString() },
    );
    assert.equal(retryOf?.length, 24);
    const { body } = await ours.user.call<{ items: object[] }>('/api/messages?status=failed&limit=1');
    assert.deepEqual(
      body.items.map((item) => [Object.hasOwn(item, 'retriedBy'), Object.hasOwn(item, 'statusHistory')]),
      [[true, false]],
    );
    const inbound = await ours.store({ direction: 'inbound', senderType: 'contact', status: 'received' });
    const shown = await view(inbound);
    assert.deepEqual(
      { category: shown.category, priority: shown.priority, waitingFor: shown.waitingFor },
      { category: null, priority: null, waitingFor: null },
    );
  });
});

describe('the life of a message while Temporal cannot be reached', function () {
  this.timeout(60_000);
  const api = useMessagingApi('message-life-away', () => ({ TEMPORAL_ADDRESS: '127.0.0.1:9' }));

  it('cancel, reschedule, timeline › answered from the database, and failed signals are logged', async () => {
    const { user, store } = await startCorrespondence(api());
    const id = await store({ status: 'scheduled', sendAt: fromNow(hourMs) });
    const sendAt = fromNow(2 * hourMs).toISOString();
    const ask = async (path: string, options: object = {}): Promise<Readonly<Record<string, unknown>>> => {
      const answer = await user.call(`/api/messages/${id}${path}`, options);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      return answer.body as Record<string, unknown>;
    };
    assert.equal((await ask('', { method: 'PATCH', body: { sendAt } }))['sendAt'], sendAt);
    const timeline = await ask('/timeline');
    assert.deepEqual((timeline['workflow'] as Record<string, unknown>)['status'], null);
    assert.equal((timeline['waitingFor'] as Record<string, unknown>)['until'], sendAt);
    assert.equal((await ask('/cancel', { method: 'POST' }))['status'], 'canceled');
    const warnings = api()
      .log.lines()
      .filter(({ messageId, level }) => messageId === id && level === 'warn');
    assert.deepEqual(
      warnings.map(({ message }) => message),
      [
        'rescheduled, but the workflow was not notified',
        'timeline shown without the state of the run',
        'canceled, but the workflow was not notified',
      ],
    );
  });
});
