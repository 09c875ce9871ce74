import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { LastWords } from '../../../../src/inbox/auto-closing/last-words.ts';
import {
  afterSilence,
  answeredUntil,
  nextLook,
  type Silence,
} from '../../../../src/inbox/auto-closing/rules.ts';
import { ruleForClosed } from '../../../../src/inbox/conversations/rules.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;
const secondMs = 1_000;
const start = new Date('2026-11-23T09:00:00Z');
const at = (ms: number) => new Date(start.getTime() + ms);

/** The contact asked at 09:00 and got an answer at 10:00. */
const silence = (words: Partial<LastWords> = {}, fields: Partial<Silence> = {}): Silence => ({
  lastMessageAt: at(hourMs),
  decidedAt: null,
  words: { askedAt: at(0), answeredAt: at(hourMs), oursAt: at(hourMs), ...words },
  ...fields,
});

describe('a silent conversation', () => {
  it('answered, and the hours are over › closes', () => {
    assert.deepEqual(afterSilence(silence(), 24, at(25 * hourMs)), { kind: 'close' });
  });

  it('answered, a moment before › closes then', () => {
    const next = afterSilence(silence(), 24, at(25 * hourMs - 1));
    assert.deepEqual(next, { kind: 'later', at: at(25 * hourMs) });
  });

  it('we wrote first, and the contact never did › closes', () => {
    const said = silence({ askedAt: null, answeredAt: null });
    assert.deepEqual(afterSilence(said, 24, at(25 * hourMs)), { kind: 'close' });
  });

  for (const [situation, words] of [
    ['the contact asked and nobody answered', { answeredAt: null }],
    ['the contact asked again', { askedAt: at(2 * hourMs) }],
    ['the answer is of the same second', { askedAt: at(hourMs), answeredAt: at(hourMs + 999) }],
    ['only an automatic message answered', { answeredAt: null, oursAt: at(2 * hourMs) }],
    ['our message failed, or waits', { oursAt: null }],
  ] as const)
    it(`${situation} › stays, however long it takes`, () => {
      assert.deepEqual(afterSilence(silence(words), 1, at(10_000 * hourMs)), { kind: 'keep' });
    });

  it('taken up again later, by a wake or an assignment › the hours count from there', () => {
    const woken = silence({}, { decidedAt: at(200 * hourMs) });
    assert.deepEqual(afterSilence(woken, 24, at(201 * hourMs)), { kind: 'later', at: at(224 * hourMs) });
  });

  it('a reaction came later › the hours count from there', () => {
    const liked = silence({}, { lastMessageAt: at(5 * hourMs) });
    assert.deepEqual(afterSilence(liked, 24, at(28 * hourMs)), { kind: 'later', at: at(29 * hourMs) });
  });

  it('any course › never closes while the contact waits, nor before its hours', () => {
    const ms = fc.option(fc.integer({ min: 0, max: 100 * hourMs }));
    const hours = fc.integer({ min: 1, max: 100 });
    const course = fc.record({ asked: ms, answered: ms, ours: ms, decided: ms, given: hours });
    fc.assert(
      fc.property(course, ({ asked, answered, ours, decided, given }) => {
        const date = (value: number | null) => (value === null ? null : at(value));
        const words = { askedAt: date(asked), answeredAt: date(answered), oursAt: date(ours) };
        const lastMs = Math.max(asked ?? 0, answered ?? 0, ours ?? 0);
        const now = at(150 * hourMs);
        const said = { lastMessageAt: at(lastMs), decidedAt: date(decided), words };
        if (afterSilence(said, given, now).kind !== 'close') return;
        assert.notEqual(ours, null);
        assert.ok(asked === null || (answered !== null && answered - asked >= secondMs));
        assert.ok(150 * hourMs - Math.max(lastMs, decided ?? 0) >= given * hourMs);
      }),
    );
  });
});

describe('a message to a conversation that the product closed', () => {
  const closedAt = at(25 * hourMs);
  const closed = { closedAt, answeredUntil: answeredUntil(at(hourMs)) };

  for (const [situation, writtenAt, hours, rule] of [
    ['written before our last message', at(hourMs - secondMs), 168, 'store-closed'],
    ['written in its second', at(hourMs), 168, 'reopen'],
    ['written before the closing, on its way since', at(24 * hourMs), 168, 'reopen'],
    ['written later', at(26 * hourMs), 168, 'reopen'],
    ['written before the closing, where nothing reopens', at(24 * hourMs), 0, 'open-new'],
    ['written long after', at(500 * hourMs), 168, 'open-new'],
  ] as const)
    it(`${situation} › ${rule}`, () => assert.equal(ruleForClosed(closed, writtenAt, hours), rule));
});

describe('the next look', () => {
  for (const [situation, times, expected] of [
    ['nothing to close', [], 60 * minuteMs],
    ['one in half an hour', [40, 30].map((minutes) => at(minutes * minuteMs)), 30 * minuteMs],
    ['one at once', [at(0)], 5 * minuteMs],
    ['one much later', [at(30 * hourMs)], 60 * minuteMs],
  ] as const)
    it(`${situation} › after ${expected / minuteMs} minutes`, () => {
      assert.deepEqual(nextLook(times, start), at(expected));
    });
});
