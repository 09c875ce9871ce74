import assert from 'node:assert/strict';
import fc from 'fast-check';
import { difference, parseRequestCounts } from '../../bench/counters.ts';
import { judgeCalls, measureReplies } from '../../bench/load/channel-calls.ts';
import { completeAnswer } from '../../bench/load/http-connections.ts';
import { runOpenLoop } from '../../bench/load/open-loop.ts';
import { makeWebhooks } from '../../bench/load/webhooks.ts';
import { parseOptions } from '../../bench/options.ts';
import { parseStat } from '../../bench/process-cpu.ts';
import {
  gradeOf,
  maxInWindow,
  quantile,
  minGap,
  summarizeLatencies,
  summarizeRatios,
} from '../../bench/stats.ts';

describe('bench › statistics', () => {
  it('quantile › between two values › lies on the line between them', () => {
    assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
    assert.equal(quantile([10], 0.99), 10);
    assert.throws(() => quantile([], 0.5), RangeError);
  });

  it('quantile › any values in any order › never leaves their range and grows with the fraction', () => {
    const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 50 });
    const fraction = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(values, fraction, fraction, (given, one, other) => {
        const [low, high] = [quantile(given, Math.min(one, other)), quantile(given, Math.max(one, other))];
        const tolerance = 1e-6;
        assert.ok(low >= Math.min(...given) - tolerance && high <= Math.max(...given) + tolerance);
        assert.ok(low <= high + tolerance);
      }),
    );
  });

  it('latencies › a hundred and one of them in any order › are told by their middle, slow ones and slowest', () => {
    const values = Array.from({ length: 101 }, (_, index) => (index * 7) % 101);
    assert.deepEqual(summarizeLatencies(values), { p50: 50, p95: 95, p99: 99, longest: 100 });
    assert.throws(() => summarizeLatencies([]), RangeError);
  });

  it('window › moments a whole window apart › are never in one, whatever the order', () => {
    assert.equal(maxInWindow([1_000, 0], 1_000), 1);
    assert.equal(maxInWindow([999, 0, 1_000, 1_998], 1_000), 3);
    assert.equal(maxInWindow([5, 5, 5], 1_000), 3);
    assert.equal(maxInWindow([], 1_000), 0);
  });

  it('window › any moments › holds as many as the best window that begins at one of them', () => {
    const moments = fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 60 });
    fc.assert(
      fc.property(moments, fc.integer({ min: 1, max: 2_000 }), (given, window) => {
        const counts = given.map((start) => given.filter((at) => at >= start && at < start + window).length);
        assert.equal(maxInWindow(given, window), Math.max(0, ...counts));
      }),
    );
  });

  it('window › moments that keep a limit, cut down to whole milliseconds › still keep it', () => {
    const gaps = fc.array(fc.double({ min: 0, max: 400, noNaN: true }), { maxLength: 60 });
    fc.assert(
      fc.property(gaps, (given) => {
        let now = 0;
        const moments = given.map((gap) => (now += gap));
        assert.ok(maxInWindow(moments.map(Math.floor), 1_000) <= maxInWindow(moments, 1_000));
      }),
    );
  });

  it('shortest gap › fewer than two moments › is null, else that between neighbours', () => {
    assert.equal(minGap([]), null);
    assert.equal(minGap([7]), null);
    assert.equal(minGap([10, 3, 30, 4]), 1);
  });

  it('ratios › a round in which both were disturbed › falls out of the median', () => {
    const { median, lowest, highest } = summarizeRatios([10, 20, 11], [10, 20, 10]);
    assert.deepEqual([median, lowest, highest], [1, 1, 1.1]);
    assert.throws(() => summarizeRatios([1, 2], [1]), RangeError);
  });

  it('grade › targets that fall or rise › is the best target that is reached', () => {
    const cost = { better: 'less', floor: 1.5, goal: 1.25, moonshot: 1 } as const;
    assert.deepEqual(
      [2, 1.5, 1.2, 0.9].map((value) => gradeOf(value, cost)),
      ['below the floor', 'floor', 'goal', 'moonshot'],
    );
    const rate = { better: 'more', floor: 0.3, goal: 0.4, moonshot: 0.6 } as const;
    assert.deepEqual(
      [0.1, 0.3, 0.5, 0.7].map((value) => gradeOf(value, rate)),
      ['below the floor', 'floor', 'goal', 'moonshot'],
    );
  });
});

describe('bench › measuring', () => {
  it('process times › a program name with spaces and parentheses › are read from behind it', () => {
    const fields = [
      'S',
      '42',
      ...Array.from({ length: 9 }, () => '0'),
      '100',
      '20',
      '3',
      '4',
      '20',
      '0',
      '11',
    ];
    assert.deepEqual(parseStat(`7 (a (strange) name) ${fields.join(' ')}`), { parent: 42, cpuMs: 1_270 });
  });

  it('counters › after growth › hold what was added, without what stood still', () => {
    assert.deepEqual(difference({ find: 2, update: 5 }, { find: 2, update: 9, insert: 1 }), {
      update: 4,
      insert: 1,
    });
  });

  it('Temporal metrics › several services and shards › are summed for the frontend and the database', () => {
    const text = [
      '# HELP service_requests requests',
      'service_requests{namespace="a",operation="StartWorkflowExecution",service_name="frontend"} 3',
      'service_requests{namespace="b",operation="StartWorkflowExecution",service_name="frontend"} 2',
      'service_requests{operation="StartWorkflowExecution",service_name="history"} 9',
      'persistence_requests{operation="UpdateShard"} 4',
      'persistence_requests{operation="AppendHistoryNodes"} 1',
    ].join('\n');
    assert.deepEqual(parseRequestCounts(text), { StartWorkflowExecution: 5, persistence: 5 });
  });

  it('HTTP answer › cut at any place › counts only when it is complete', () => {
    const answer = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nOK';
    for (let end = 0; end < answer.length; end += 1) assert.equal(completeAnswer(answer.slice(0, end)), null);
    assert.deepEqual(completeAnswer(answer), { status: 200, body: 'OK' });
  });

  it('webhooks › a thousand › hold about a tenth repetitions and are the same each time', () => {
    const target = { path: '/', appSecret: 'secret' };
    const { bodies, requests } = makeWebhooks(1_000, 'test', target);
    assert.equal(requests.length, 1_000);
    const repeated = bodies.length - new Set(bodies).size;
    assert.ok(repeated > 60 && repeated < 140, `${repeated} repetitions`);
    assert.deepEqual(makeWebhooks(1_000, 'test', target).bodies, bodies);
    const other = new Set(makeWebhooks(1_000, 'another', target).bodies);
    assert.ok(bodies.every((body) => !other.has(body)));
  });

  it('options › nonsense › is refused by name', () => {
    assert.deepEqual(parseOptions(['--', 'B1', '--rounds', '3']).names, ['b1']);
    assert.equal(parseOptions(['--rounds', '3']).rounds, 3);
    assert.equal(parseOptions(['priority', '--category', 'utility']).category, 'utility');
    assert.throws(() => parseOptions(['--category', 'news']), /marketing or utility/);
    const { messages, bulkMessages } = parseOptions([]);
    assert.deepEqual([messages, bulkMessages], [200, 10_000]);
    assert.equal(parseOptions(['--messages', '7']).bulkMessages, 7);
    assert.throws(() => parseOptions(['--rounds', '0']), /--rounds must be a whole number/);
  });
});

describe('bench › calls of a channel', () => {
  const start = Date.UTC(2026, 0, 1);
  const call = (afterMs: number, messageId: string, { to = '1', isRefused = false } = {}) => ({
    at: new Date(start + afterMs).toISOString(),
    phoneNumberId: '1000',
    to,
    opaque: messageId === '' ? null : `${messageId}:1`,
    wamid: isRefused ? null : `wamid.${messageId}`,
    answered: { status: isRefused ? 429 : 200 },
  });
  const accepted = (id: string, afterMs: number) => ({
    id,
    acceptedAtMs: start + afterMs,
    plannedAtMs: start + afterMs - 5,
  });

  it('ledger › a refusal, a repetition, a loss and calls of others › each is counted where it belongs', () => {
    const ledger = [
      call(0, 'a', { to: '1', isRefused: true }),
      call(900, 'a', { to: '1' }),
      call(1_000, 'b', { to: '2' }),
      call(1_100, 'b', { to: '2' }),
      call(1_200, 'stranger', { to: '1' }),
      call(1_300, '', { to: '1' }),
    ];
    assert.deepEqual(judgeCalls(ledger, ['a', 'b', 'c']), {
      calls: 4,
      refused: 1,
      lost: 1,
      duplicated: 1,
      maxInOneSecond: 3,
      closestPairMs: 100,
    });
  });

  it('ledger › no recipient twice › has no closest pair', () => {
    assert.equal(
      judgeCalls([call(0, 'a', { to: '1' }), call(1, 'b', { to: '2' })], ['a', 'b']).closestPairMs,
      null,
    );
    assert.equal(judgeCalls([], ['a']).lost, 1);
  });

  it('replies › one of them refused first, one lost › the time runs to the call that was taken', () => {
    const ledger = [
      call(100, 'bulk1'),
      call(200, 'a', { isRefused: true }),
      call(450, 'a'),
      call(460, 'a'),
      call(500, 'bulk2'),
    ];
    assert.deepEqual(measureReplies(ledger, [accepted('a', 150), accepted('lost', 400)]), {
      fromAcceptance: [300],
      fromPlan: [305],
      othersAfterLast: 1,
    });
  });
});

describe('bench › open loop', () => {
  it('rate › steps that never end by themselves soon › begin at their times all the same', async () => {
    const begun: number[] = [];
    const { seconds, generatorLagMs } = await runOpenLoop({ count: 5, perSecond: 200 }, async (index) => {
      begun.push(index);
      await new Promise((resolve) => setTimeout(resolve, 40));
    });
    assert.deepEqual(begun, [0, 1, 2, 3, 4]);
    assert.ok(seconds >= 0.02 && generatorLagMs >= 0);
  });

  it('failure › of one step › is thrown after the others have ended', async () => {
    let begun = 0;
    let ended = 0;
    const run = runOpenLoop({ count: 3, perSecond: 10_000 }, async (index) => {
      begun += 1;
      if (index === 0) throw new Error('refused');
      await new Promise((resolve) => setTimeout(resolve, 10));
      ended += 1;
    });
    await assert.rejects(run, /refused/);
    assert.equal(ended, begun - 1);
  });
});
