import assert from 'node:assert/strict';
import {
  timelineOf,
  waitingForOf,
  type RunState,
} from '../../../../src/sending/messages/actions/timeline.ts';
import { newId } from '../../../../src/platform/ids.ts';
import { buildMessage } from '../../../support/messages.ts';

const accepted = new Date('2026-11-23T09:00:00.000Z');
const after = (ms: number): Date => new Date(accepted.getTime() + ms);
const running = (nextAttemptAt: Date | null): RunState => ({
  status: 'RUNNING',
  pending: { attempt: 2, isRunning: false, nextAttemptAt, lastFailure: 'pair limit: next try in 4 s' },
});

describe('what a message waits for', () => {
  it('nothing yet › its place in the queue', () => {
    assert.deepEqual(waitingForOf(buildMessage(), null), {
      gate: 'queue',
      reason: 'its turn in the provider queue',
      since: accepted,
      until: null,
    });
  });

  it('a gate › the stored reason, and the time at which the run goes on', () => {
    const waiting = { gate: 'pair', reason: 'pair limit', since: after(10), until: after(4_000) } as const;
    const message = buildMessage({ waiting });
    assert.deepEqual(waitingForOf(message, null), waiting);
    assert.deepEqual(waitingForOf(message, running(after(4_100)))?.until, after(4_100));
    assert.deepEqual(waitingForOf(message, running(null))?.until, after(4_000));
    const { until: _until, ...open } = waiting;
    assert.equal(waitingForOf(buildMessage({ waiting: open }), null)?.until, null);
  });

  it('its time › until then', () => {
    const message = buildMessage({ status: 'scheduled', sendAt: after(60_000) });
    const found = waitingForOf(message, null);
    assert.deepEqual([found?.gate, found?.until], ['schedule', after(60_000)]);
    assert.equal(waitingForOf(buildMessage({ status: 'scheduled' }), null)?.gate, 'queue');
  });

  it('the provider › its answer', () => {
    const dispatch = { attempt: 1, isCalling: true, attempts: [] };
    const found = waitingForOf(buildMessage({ status: 'sending', dispatch }), null);
    assert.deepEqual([found?.gate, found?.since], ['answer', accepted]);
    const since = { ...dispatch, startedAt: after(5) };
    assert.deepEqual(
      waitingForOf(buildMessage({ status: 'sending', dispatch: since }), null)?.since,
      after(5),
    );
  });

  for (const status of ['unknown', 'sent', 'delivered', 'read', 'failed', 'canceled', 'expired'] as const) {
    it(`${status} › nothing, whatever it waited for before`, () => {
      const waiting = { gate: 'channel', reason: 'channel paused', since: accepted } as const;
      assert.equal(waitingForOf(buildMessage({ status, waiting }), null), null);
    });
  }
});

describe('the timeline of a message', () => {
  it('all kinds of entries › in chronological order', () => {
    const createdBy = newId();
    const status = (name: string, ms: number, raw?: object) => ({
      key: `${name}:${ms}`,
      status: name,
      timestamp: after(ms),
      ...(raw === undefined ? {} : { raw: raw as Record<string, unknown> }),
    });
    const message = buildMessage({
      createdBy,
      status: 'failed',
      statusHistory: [
        status('scheduled', 0),
        status('scheduled', 50, { sendAt: '2026-11-23T10:00:00.000Z' }),
        status('sending', 200),
        status('sending', 500),
        status('sent', 600, {}),
        status('failed', 900, { word: 'failed', code: '131026', detail: 'Message undeliverable' }),
        status('unknown', 950, { word: 'warmed up' }),
      ],
      waits: [
        { gate: 'channel', reason: 'channel paused: There is a payment problem, 131042', since: after(100) },
        {
          gate: 'provider',
          reason: 'The number’s throughput is reached, 130429',
          since: after(300),
          until: after(500),
        },
      ],
      dispatch: {
        attempt: 2,
        isCalling: false,
        attempts: [
          { number: 1, startedAt: after(200), endedAt: after(300), outcome: 'retry', code: '130429' },
          { number: 2, startedAt: after(500), endedAt: after(600), outcome: 'accepted' },
        ],
      },
    });
    assert.deepEqual(
      timelineOf(message).map(({ at, kind, text, code, by, until }) => [
        at.getTime() - accepted.getTime(),
        kind,
        text,
        ...(code === undefined ? [] : [code]),
        ...(by === undefined ? [] : [by === createdBy.toHexString()]),
        ...(until === undefined ? [] : [until]),
      ]),
      [
        [0, 'accepted', 'accepted as scheduled', true],
        [50, 'status', 'scheduled: 2026-11-23T10:00:00.000Z'],
        [100, 'wait', 'waits: channel paused: There is a payment problem, 131042'],
        [200, 'call', 'call 1 to the provider'],
        [300, 'answer', 'answer 1: refused by the provider for now', '130429'],
        [300, 'wait', 'waits: The number’s throughput is reached, 130429', after(500)],
        [500, 'call', 'call 2 to the provider'],
        [600, 'status', 'sent'],
        [600, 'answer', 'answer 2: accepted by the provider'],
        [900, 'receipt', 'receipt: failed', '131026'],
        [950, 'receipt', 'receipt: warmed up'],
      ],
    );
  });

  it('a receipt of the same second as its call › comes after it, because the provider reports whole seconds', () => {
    const message = buildMessage({
      statusHistory: [
        { key: 'queued', status: 'queued', timestamp: accepted },
        { key: 'read', status: 'read', timestamp: after(1_000), raw: { word: 'read' } },
        { key: 'late', status: 'read', timestamp: after(1_700), raw: { word: 'read' } },
      ],
      dispatch: {
        attempt: 1,
        isCalling: false,
        attempts: [{ number: 1, startedAt: after(1_500), endedAt: after(1_600), outcome: 'accepted' }],
      },
    });
    const kinds = timelineOf(message).map(({ kind }) => kind);
    assert.deepEqual(kinds, ['accepted', 'call', 'answer', 'receipt', 'receipt']);
  });

  it('the number was suspect at the last call › the call’s entry says so', () => {
    const attempt = { startedAt: after(5), endedAt: after(9), outcome: 'retry' } as const;
    const attempts = [
      { number: 1, ...attempt },
      { number: 2, ...attempt },
    ];
    const dispatch = { attempt: 2, isCalling: false, attempts, isToSuspect: true };
    const calls = timelineOf(buildMessage({ dispatch })).filter(({ kind }) => kind === 'call');
    assert.deepEqual(
      calls.map(({ text }) => text),
      [
        'call 1 to the provider',
        'call 2 to the provider; the number was suspect: WhatsApp could not deliver to it before',
      ],
    );
  });

  for (const [what, raw] of [
    [
      'stored with words and code',
      { reason: 'the connection closed before an answer', code: 'UND_ERR_SOCKET' },
    ],
    ['stored by an earlier version, with the code alone', { reason: 'UND_ERR_SOCKET' }],
  ] as const) {
    it(`the provider’s connection broke, ${what} › says so in words, with the code beside`, () => {
      const message = buildMessage({
        status: 'unknown',
        statusHistory: [
          { key: 'queued', status: 'queued', timestamp: accepted },
          { key: 'unknown', status: 'unknown', timestamp: after(50), raw },
        ],
      });
      assert.deepEqual(timelineOf(message).at(-1), {
        at: after(50),
        kind: 'status',
        text: 'unknown: the connection closed before an answer',
        code: 'UND_ERR_SOCKET',
      });
    });
  }

  it('an old message without waits and senders › its statuses', () => {
    assert.deepEqual(timelineOf(buildMessage()), [
      { at: accepted, kind: 'accepted', text: 'accepted as queued' },
    ]);
    const without = buildMessage({ statusHistory: [] });
    assert.deepEqual(timelineOf(without), []);
  });
});
