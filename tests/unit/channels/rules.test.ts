import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ProviderPause } from '../../../src/channels/store/model.ts';
import {
  afterAccountEvent,
  afterRestriction,
  afterHealthCheck,
  nextHealthCheckAfter,
  pausedByProvider,
  stateAfterAnswer,
  stateAfterRequest,
  type StateOfChannel,
} from '../../../src/channels/rules.ts';
import type { HealthAnswer, NumberAnswer } from '../../../src/whatsapp/gateway.ts';

const active: StateOfChannel = { state: 'active', stateReason: null, pause: null };
/** Resumed by a person: earlier health answers no longer count. */
const resumed: StateOfChannel = { ...active, recovery: null, restriction: null };
const paused: StateOfChannel = { state: 'paused', stateReason: 'Paused by an admin.', pause: null };
const disconnected: StateOfChannel = {
  state: 'disconnected',
  stateReason: 'The access token has expired (190).',
  pause: null,
};

const now = new Date('2026-11-26T09:00:00.000Z');
const minutes = (count: number): Date => new Date(now.getTime() + count * 60_000);
const pausedFor = (pauseClass: ProviderPause['class'], until?: Date): StateOfChannel => ({
  state: 'paused',
  stateReason: 'There is a payment problem, 131042',
  pause: {
    class: pauseClass,
    code: '131042',
    since: now,
    checks: 0,
    nextCheckAt: until ?? minutes(1),
    relapses: 0,
    ...(until === undefined ? {} : { until }),
  },
});

const described: NumberAnswer = { kind: 'described', number: { displayNumber: '+1 555-000-1000' } };
const refused = (code: number, fields: object = {}): NumberAnswer => ({
  kind: 'refused',
  error: {
    code,
    httpStatus: 400,
    title: 'Malformed access token EAAB-secret',
    detail: 'EAAB-secret',
    ...fields,
  },
});

describe('channel state', () => {
  describe('after a verification', () => {
    it('credentials work › active again, but a pause stays', () => {
      assert.deepEqual(stateAfterAnswer(active, described), active);
      assert.deepEqual(stateAfterAnswer(disconnected, described), active);
      assert.deepEqual(stateAfterAnswer(paused, described), paused);
    });

    it('credentials work › ends a pause for credentials, but none for the account', () => {
      assert.deepEqual(stateAfterAnswer(pausedFor('credentials'), described), active);
      assert.deepEqual(stateAfterAnswer(pausedFor('sender'), described), pausedFor('sender'));
    });

    for (const [what, answer, reason] of [
      ['expired token', refused(190), /^The access token has expired \(190\)\. \S/],
      ['missing permission', refused(200), /^A permission is missing \(200\)\. \S/],
      [
        'unknown number',
        refused(100, { subcode: 33 }),
        /^The object does not exist or is not accessible \(100\)\. \S/,
      ],
      ['blocked number', refused(368), /^Temporarily blocked for a policy violation \(368\)\. \S/],
      ['wrong parameter', refused(100), /^A parameter is not valid \(100\)\. \S/],
    ] as const) {
      it(`${what} › disconnected from every state, with the product’s text, not the provider’s`, () => {
        for (const current of [active, paused, disconnected]) {
          const next = stateAfterAnswer(current, answer);
          assert.equal(next?.state, 'disconnected');
          assert.match(next.stateReason ?? '', reason);
          assert.ok(!next.stateReason?.includes('EAAB'));
        }
      });
    }

    for (const [what, answer] of [
      ['nobody there', { kind: 'away', reason: 'ECONNREFUSED' }],
      ['call limit reached', refused(4)],
      ['provider overloaded', refused(2)],
      ['a fault that passes', refused(999_999, { isTransient: true })],
      ['an unknown 5xx', refused(999_999, { httpStatus: 500 })],
    ] as const satisfies readonly (readonly [string, NumberAnswer])[]) {
      it(`${what} › no result`, () => {
        for (const current of [active, paused, disconnected])
          assert.equal(stateAfterAnswer(current, answer), null);
      });
    }
  });

  describe('after a request', () => {
    it('pause and resume › each from both, a repetition changes nothing', () => {
      assert.deepEqual(stateAfterRequest(active, 'pause'), paused);
      assert.deepEqual(stateAfterRequest(paused, 'pause'), paused);
      assert.deepEqual(stateAfterRequest(paused, 'resume'), resumed);
      assert.deepEqual(stateAfterRequest(active, 'resume'), resumed);
    });

    it('disconnected › neither is possible', () => {
      assert.equal(stateAfterRequest(disconnected, 'pause'), null);
      assert.equal(stateAfterRequest(disconnected, 'resume'), null);
    });
  });

  it('a person pauses what the provider had paused › only a person resumes it', () => {
    assert.deepEqual(stateAfterRequest(pausedFor('sender'), 'pause'), paused);
    assert.deepEqual(stateAfterRequest(pausedFor('sender'), 'resume'), resumed);
  });

  describe('after the provider refused a call', () => {
    const refusal = {
      class: 'sender',
      code: '131042',
      reason: 'There is a payment problem, 131042',
    } as const;

    it('active › paused with the reason, and checked in a minute', () => {
      assert.deepEqual(pausedByProvider(active, refusal, now), pausedFor('sender'));
      const until = minutes(60);
      assert.deepEqual(pausedByProvider(active, { ...refusal, until }, now), pausedFor('sender', until));
      const soon = new Date(now.getTime() + 1);
      const short = pausedByProvider(active, { ...refusal, until: soon }, now);
      assert.deepEqual(short?.pause?.nextCheckAt, minutes(1));
    });

    it('not active › keeps its reason', () => {
      for (const current of [paused, disconnected, pausedFor('credentials')])
        assert.equal(pausedByProvider(current, refusal, now), null);
    });

    it('health checks › after 1, 2, 4 … 15 minutes', () => {
      const waits = [0, 1, 2, 3, 4, 50].map((checks) => nextHealthCheckAfter({ checks }, now));
      assert.deepEqual(waits, [1, 2, 4, 8, 15, 15].map(minutes));
    });

    it('health checks after relapses › after 1, 2, 4 … 60 minutes, and never more often than usual', () => {
      const waits = [0, 1, 2, 3, 4, 5, 6, 50].map((relapses) =>
        nextHealthCheckAfter({ checks: 0, relapses }, now),
      );
      assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60].map(minutes));
      fc.assert(
        fc.property(fc.nat(100), fc.nat(100), (checks, relapses) => {
          const next = nextHealthCheckAfter({ checks, relapses }, now);
          assert.ok(next >= nextHealthCheckAfter({ checks }, now) && next <= minutes(60));
          assert.ok(nextHealthCheckAfter({ checks, relapses: relapses + 1 }, now) >= next);
        }),
      );
    });
  });

  describe('after a health check', () => {
    const recovered = (at: Date): StateOfChannel => ({ ...active, recovery: { at, relapses: 0 } });
    const error = { code: 190, title: '', detail: '' };
    const answers: readonly [HealthAnswer, boolean, boolean][] = [
      [{ kind: 'available' }, true, true],
      [{ kind: 'silent' }, false, true],
      [{ kind: 'blocked' }, false, false],
      [{ kind: 'refused', error }, false, false],
      [{ kind: 'away', reason: 'ECONNREFUSED' }, false, false],
    ];
    for (const [answer, endsSender, endsCredentials] of answers) {
      it(`${answer.kind} › ${endsCredentials ? 'resumes' : 'changes nothing'}`, () => {
        assert.deepEqual(
          afterHealthCheck(pausedFor('sender'), answer, now),
          endsSender ? recovered(now) : null,
        );
        const credentials = afterHealthCheck(pausedFor('credentials'), answer, now);
        assert.deepEqual(credentials, endsCredentials ? recovered(now) : null);
      });
    }

    it('a pause without a relapse count › resumes as a first pause', () => {
      const { pause, ...channel } = pausedFor('sender');
      assert.ok(pause !== null && pause !== undefined);
      const { relapses: _uncounted, ...older } = pause;
      assert.deepEqual(
        afterHealthCheck({ ...channel, pause: older }, { kind: 'available' }, now),
        recovered(now),
      );
    });

    it('a pause with a minimum time › not before it, then at once', () => {
      const held = pausedFor('sender', minutes(10));
      assert.equal(afterHealthCheck(held, { kind: 'available' }, minutes(9)), null);
      assert.deepEqual(afterHealthCheck(held, { kind: 'available' }, minutes(10)), recovered(minutes(10)));
    });

    it('not paused by the provider › changes nothing', () => {
      for (const current of [active, paused, disconnected, { state: 'paused' } as const])
        assert.equal(afterHealthCheck(current, { kind: 'available' }, now), null);
    });
  });

  describe('after a false “available”', () => {
    const refusal = {
      class: 'sender',
      code: '131042',
      reason: 'There is a payment problem, 131042.',
    } as const;
    const available: HealthAnswer = { kind: 'available' };
    const minuteMs = 60_000;
    const after = (at: Date, ms: number): Date => new Date(at.getTime() + ms);

    interface Round {
      readonly waitMs: number;
      readonly resumedAt: Date;
      readonly channel: StateOfChannel;
    }

    /** The provider refuses a call `afterMs` after the channel was resumed, and each health check resumes it. */
    function playRound(channel: StateOfChannel, activeSince: Date, afterMs: number): Round {
      const refusedAt = after(activeSince, afterMs);
      const held = pausedByProvider(channel, refusal, refusedAt);
      assert.ok(held?.pause);
      const resumedAt = held.pause.nextCheckAt;
      const next = afterHealthCheck(held, available, resumedAt);
      assert.ok(next);
      return { waitMs: resumedAt.getTime() - refusedAt.getTime(), resumedAt, channel: next };
    }

    it('calls are refused soon after it each time › waits double to an hour: 28 checks in a day, not 1,440', () => {
      fc.assert(
        fc.property(
          fc.array(fc.integer({ min: 0, max: 2_000 }), { minLength: 40, maxLength: 40 }),
          (gaps) => {
            let round: Round = { waitMs: 0, resumedAt: now, channel: active };
            let inDay = 0;
            for (const [index, gapMs] of gaps.entries()) {
              round = playRound(round.channel, round.resumedAt, gapMs);
              assert.equal(round.waitMs, Math.min(2 ** index, 60) * minuteMs);
              if (round.resumedAt <= after(now, 24 * 60 * minuteMs)) inDay += 1;
            }
            assert.ok(inDay <= 28, String(inDay));
          },
        ),
      );
    });

    it('any pauses › each wait is at most twice the one before, between a minute and an hour', () => {
      fc.assert(
        fc.property(fc.array(fc.nat(120 * minuteMs), { maxLength: 30 }), (gaps) => {
          let round: Round = { waitMs: 0, resumedAt: now, channel: active };
          for (const [index, gapMs] of gaps.entries()) {
            const before = round;
            round = playRound(before.channel, before.resumedAt, gapMs);
            // An hour without a refusal: the channel was really healthy.
            const isAnew = index === 0 || gapMs >= 60 * minuteMs;
            assert.equal(round.waitMs, isAnew ? minuteMs : Math.min(before.waitMs * 2, 60 * minuteMs));
          }
        }),
      );
    });

    it('a person resumes it › the waits restart, after any number of relapses', () => {
      fc.assert(
        fc.property(fc.nat(20), fc.nat(30 * minuteMs), (relapses, gapMs) => {
          const channel = stateAfterRequest({ ...active, recovery: { at: now, relapses } }, 'resume');
          assert.ok(channel);
          assert.equal(playRound(channel, now, gapMs).waitMs, minuteMs);
        }),
      );
    });

    it('the reason › mentions it only then', () => {
      const first = pausedByProvider(active, refusal, now);
      assert.equal(first?.stateReason, refusal.reason);
      const again = pausedByProvider({ ...active, recovery: { at: now, relapses: 2 } }, refusal, minutes(1));
      assert.match(
        again?.stateReason ?? '',
        /131042\. Meta reported the number as healthy .* \(3 in a row\)/,
      );
      assert.equal(again?.pause?.relapses, 3);
    });

    it('an end announced by Meta › always waited for', () => {
      const channel = { ...active, recovery: { at: now, relapses: 9 } };
      const until = minutes(24 * 60);
      const held = pausedByProvider(channel, { ...refusal, until }, now);
      assert.deepEqual(held?.pause?.nextCheckAt, until);
    });
  });

  describe('after an account event of the provider', () => {
    it('a messaging limit › is kept; without limit clears it', () => {
      for (const limit of [2_000, null]) {
        const event = { type: 'messaging-limit', limit } as const;
        assert.deepEqual(afterAccountEvent(active, event, { reportedAt: null, now }), {
          messagingLimit: limit,
        });
      }
    });

    it('messaging limits in any order, each once or more › the latest one stays', () => {
      const limitSaidAt = (ms: number) => [250, 2_000, 10_000, null][ms % 4] ?? null;
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 8 }), (times) => {
          let current: Parameters<typeof afterAccountEvent>[0] & { messagingLimit?: number | null } = active;
          for (const ms of times) {
            const event = { type: 'messaging-limit', limit: limitSaidAt(ms) } as const;
            const change = afterAccountEvent(current, event, { reportedAt: new Date(ms), now });
            current = { ...current, ...(change as object) };
          }
          assert.equal(current.messagingLimit, limitSaidAt(Math.max(...times)));
        }),
      );
    });

    it('blocked › pauses an active channel for the announced time', () => {
      const word = 'RESTRICTED_BIZ_INITIATED_MESSAGING';
      const until = minutes(60);
      const next = afterAccountEvent(active, { type: 'blocked', word, until }, { reportedAt: null, now });
      assert.equal(next?.state, 'paused');
      assert.match(next?.stateReason ?? '', new RegExp(word));
      assert.deepEqual([next?.pause?.class, next?.pause?.until], ['sender', until]);
      const open = afterAccountEvent(active, { type: 'blocked', word }, { reportedAt: null, now });
      assert.equal(open?.pause?.until, undefined);
      assert.equal(afterAccountEvent(paused, { type: 'blocked', word }, { reportedAt: null, now }), null);
    });

    it('blocked again until later › the later end counts, and no check before it', () => {
      const until = minutes(60);
      const again = (current: StateOfChannel) =>
        afterAccountEvent(current, { type: 'blocked', word: 'Y', until }, { reportedAt: null, now });
      for (const known of [undefined, minutes(30)]) {
        const { pause } = pausedFor('sender', known);
        assert.deepEqual(again(pausedFor('sender', known)), {
          pause: { ...pause, until, nextCheckAt: until },
        });
      }
      assert.equal(again(pausedFor('sender', minutes(90))), null);
      assert.equal(again(paused), null);
      const { pause } = pausedFor('sender');
      const checked = { ...pausedFor('sender'), pause: { ...pause!, nextCheckAt: minutes(70) } };
      assert.deepEqual(again(checked), { pause: { ...checked.pause, until } });
    });

    it('restricted › still active; the restriction that ends last counts', () => {
      const word = 'RESTRICTED_BIZ_INITIATED_MESSAGING';
      const restricted = (restriction: object | null, until?: Date) =>
        afterAccountEvent(
          { ...active, restriction: restriction as never },
          { type: 'restricted', word, ...(until === undefined ? {} : { until }) },
          { reportedAt: null, now },
        );
      const since = minutes(-10);
      for (const [known, until, expected] of [
        [null, minutes(60), { code: word, since: now, until: minutes(60) }],
        [null, undefined, { code: word, since: now }],
        [{ code: 'X', since, until: minutes(-1) }, minutes(5), { code: word, since: now, until: minutes(5) }],
        [{ code: 'X', since, until: minutes(90) }, minutes(60), { code: 'X', since, until: minutes(90) }],
        [{ code: 'X', since, until: minutes(30) }, minutes(60), { code: word, since, until: minutes(60) }],
        [{ code: 'X', since, until: minutes(30) }, undefined, { code: word, since }],
        [{ code: 'X', since }, minutes(60), { code: 'X', since }],
      ] as const) {
        assert.deepEqual(restricted(known, until), { restriction: expected });
      }
    });

    it('restrictions in any order › the same end; repeated, nothing changes', () => {
      const end = fc.option(fc.integer({ min: 1, max: 1_000 }).map(minutes), { nil: undefined });
      const ended = (until: Date | undefined) => ({ word: 'W', ...(until === undefined ? {} : { until }) });
      fc.assert(
        fc.property(fc.array(end, { minLength: 1, maxLength: 5 }), (ends) => {
          const after = (given: typeof ends) =>
            given.reduce<ReturnType<typeof afterRestriction> | null>(
              (known, until) => afterRestriction(known, ended(until), now),
              null,
            );
          const all = after(ends);
          assert.deepEqual(after(ends.toReversed())?.until, all?.until);
          assert.deepEqual(after([...ends, ...ends]), all);
          const latest = ends.includes(undefined)
            ? undefined
            : Math.max(...ends.map((one) => one?.getTime() ?? 0));
          assert.equal(all?.until?.getTime(), latest);
        }),
      );
    });

    it('reinstated › the restriction is removed, also from a paused channel', () => {
      const restriction = { code: 'X', since: now };
      const event = { type: 'reinstated', word: 'DISABLED_UPDATE' } as const;
      assert.deepEqual(afterAccountEvent({ ...active, restriction }, event, { reportedAt: null, now }), {
        restriction: null,
      });
      const both = { ...pausedFor('sender'), restriction };
      assert.deepEqual(afterAccountEvent(both, event, { reportedAt: null, now }), {
        restriction: null,
        pause: { ...both.pause, nextCheckAt: now },
      });
    });

    it('reinstated › the health is checked now, whatever end the pause had', () => {
      const event = { type: 'reinstated', word: 'DISABLED_UPDATE' } as const;
      const next = afterAccountEvent(pausedFor('sender', minutes(60)), event, {
        reportedAt: null,
        now,
      });
      assert.deepEqual([next?.pause?.nextCheckAt, next?.pause?.until], [now, undefined]);
      for (const current of [active, paused, { state: 'active' } as const])
        assert.equal(afterAccountEvent(current, event, { reportedAt: null, now }), null);
    });
  });
});
