import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import type { Choice } from '../../../../src/inbox/surveys/model.ts';
import {
  answerIdOf,
  boundedComment,
  commentUntil,
  countedChoice,
  episodeSince,
  judgeText,
  mayAsk,
  nextStep,
  readAnswerId,
  stateOf,
  withChoice,
  type CommentVerdict,
} from '../../../../src/inbox/surveys/rules.ts';

const now = new Date('2026-11-29T08:00:00.000Z');
const inMs = (ms: number): Date => new Date(now.getTime() + ms);
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

describe('surveys › rules', () => {
  describe('after a closing', () => {
    const fits = { isOn: true, isGroup: false, windowExpiresAt: inMs(1) };
    it('on, one contact, open window › may be asked', () => {
      assert.equal(mayAsk(fits, now), true);
    });
    for (const [what, change] of Object.entries({
      'switched off': { isOn: false },
      'a group': { isGroup: true },
      'a closed window': { windowExpiresAt: now },
      'a contact who never wrote': { windowExpiresAt: null },
    }))
      it(`${what} › is not asked`, () => {
        assert.equal(mayAsk({ ...fits, ...change }, now), false);
      });

    it('an episode › began with the closing before it', () => {
      const [first, second] = [
        { at: inMs(-9), status: 'closed' },
        { at: inMs(-5), status: 'closed' },
      ];
      const opened = { at: inMs(-3), status: 'open' };
      assert.equal(episodeSince([first], 0), null);
      assert.equal(episodeSince([], 1), null);
      assert.deepEqual(episodeSince([first, second, opened], 2), second.at);
      // The closing was so long ago that the history has dropped it.
      assert.deepEqual(episodeSince([opened, { at: inMs(-2) }], 1), opened.at);
    });
  });

  describe('a survey that waits', () => {
    const said = { hasContactWritten: true, isAnswered: true, isAnswerWaiting: false };
    const waits = { closedAt: now, isStillClosed: true, isOn: true, episode: said };
    const step = (change: object, episode: object = {}, ms = 0) =>
      nextStep({ ...waits, ...change, episode: { ...said, ...episode } }, inMs(ms));

    it('asked and answered › is sent', () => {
      assert.deepEqual(step({}), { kind: 'ask' });
    });
    it('an answer still on its way › waits for it, but not for ever', () => {
      assert.deepEqual(step({}, { isAnswerWaiting: true }), { kind: 'later', at: inMs(10_000) });
      assert.deepEqual(step({}, { isAnswered: false, isAnswerWaiting: true }, 9 * minuteMs), {
        ...{ kind: 'later', at: inMs(9 * minuteMs + 10_000) },
      });
      assert.deepEqual(step({}, { isAnswerWaiting: true }, 10 * minuteMs), { kind: 'ask' });
    });
    for (const [reason, change, episode] of [
      ['reopened', { isStillClosed: false }, {}],
      ['switched-off', { isOn: false }, {}],
      ['contact-silent', {}, { hasContactWritten: false }],
      ['not-answered', {}, { isAnswered: false }],
    ] as const)
      it(`${reason} › is skipped, and says so`, () => {
        assert.deepEqual(step(change, episode), { kind: 'skip', reason });
      });
  });

  describe('the id of an answer', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9_-]{22}$/);
    const surveyId = fc.stringMatching(/^[0-9a-f]{24}$/);
    it('any › is read as it was written', () => {
      fc.assert(
        fc.property(surveyId, secret, fc.integer({ min: 1, max: 5 }), (id, hidden, score) => {
          const answer = { surveyId: id, secret: hidden, score };
          assert.deepEqual(readAnswerId(answerIdOf(answer)), answer);
          assert.ok(answerIdOf(answer).length <= 200);
        }),
      );
    });
    it('anything else › is none of ours', () => {
      const id = answerIdOf({ surveyId: 'a'.repeat(24), secret: 'b'.repeat(22), score: 5 });
      assert.notEqual(readAnswerId(id), null);
      for (const other of [`${id}1`, ` ${id}`, id.replace(/5$/, '0'), id.replace(/5$/, '6'), 'yes', ''])
        assert.equal(readAnswerId(other), null, other);
      fc.assert(fc.property(fc.string(), (text) => readAnswerId(text) === null));
    });
  });

  describe('the score', () => {
    const choiceOf = (score: number, ms: number, key = `${ms}-${score}`): Choice => ({
      ...{ score, at: inMs(ms), key, messageId: new Types.ObjectId() },
    });
    const heard = (choices: readonly Choice[]) =>
      choices.reduce<readonly Choice[]>((known, choice) => withChoice(known, choice), []);

    it('none › counts nothing', () => {
      assert.equal(countedChoice([]), null);
    });
    it('a second choice › counts for a day, and later ones do not', () => {
      const [first, within, late] = [choiceOf(2, 0), choiceOf(5, 24 * hourMs), choiceOf(1, 24 * hourMs + 1)];
      assert.equal(countedChoice(heard([late, within, first]))?.score, 5);
      assert.equal(countedChoice(heard([late, within]))?.score, 1);
    });
    it('a few choices in any order, some repeated › have one result', () => {
      const choice = fc.record({
        score: fc.integer({ min: 1, max: 5 }),
        at: fc.integer({ min: 0, max: 30 }).map((hours) => inMs(hours * hourMs)),
        key: fc.uuid(),
      });
      const choices = fc
        .uniqueArray(choice, { minLength: 1, maxLength: 40, selector: ({ key }) => key })
        .map((all) => all.map((one) => ({ ...one, messageId: new Types.ObjectId() })));
      const shuffled = choices.chain((all) =>
        fc
          .tuple(
            fc.shuffledSubarray(all, { minLength: all.length }),
            fc.shuffledSubarray(all, { minLength: 0 }),
          )
          .map(([order, again]) => ({ all, order: [...order, ...again] })),
      );
      fc.assert(
        fc.property(shuffled, ({ all, order }) => {
          const [one, other] = [heard(all), heard(order)];
          assert.deepEqual(
            other.map(({ key }) => key),
            one.map(({ key }) => key),
          );
          assert.equal(countedChoice(other)?.key, countedChoice(one)?.key);
        }),
      );
    });
  });

  describe('a text after the score', () => {
    const text = { at: inMs(minuteMs), quotes: false, isKeyword: false };
    const survey = {
      ...{ hasComment: false, answeredAt: now, commentUntil: commentUntil({ at: now }) },
      ...{ isClosed: true, hasLive: false },
    };
    const verdicts: readonly (readonly [string, object, object, CommentVerdict])[] = [
      ['the first one', {}, {}, 'aside'],
      ['in the second of the score', { at: now }, {}, 'aside'],
      ['at the last moment', { at: inMs(15 * minuteMs) }, {}, 'aside'],
      ['a moment later', { at: inMs(15 * minuteMs + 1) }, {}, 'none'],
      ['written before the score', { at: inMs(-1) }, {}, 'none'],
      ['the second one', {}, { hasComment: true }, 'none'],
      ['the second one that quotes', { quotes: true }, { hasComment: true }, 'none'],
      ['STOP', { isKeyword: true }, {}, 'none'],
      ['STOP that quotes', { isKeyword: true, quotes: true }, {}, 'none'],
      ['after a reopening', {}, { isClosed: false, hasLive: true }, 'none'],
      ['with another conversation', {}, { hasLive: true }, 'none'],
      ['without a score', {}, { answeredAt: null, commentUntil: null }, 'none'],
      ['no comment asked for', {}, { commentUntil: null }, 'none'],
      ['much later, but quotes', { at: inMs(72 * hourMs), quotes: true }, {}, 'aside'],
      ['quotes with another conversation', { quotes: true }, { hasLive: true }, 'aside'],
      ['quotes after a reopening', { quotes: true }, { isClosed: false, hasLive: true }, 'beside'],
    ];
    for (const [what, changedText, changedSurvey, verdict] of verdicts)
      it(`${what} › ${verdict}`, () => {
        assert.equal(judgeText({ ...text, ...changedText }, { ...survey, ...changedSurvey }), verdict);
      });

    it('a long one › is cut between characters', () => {
      assert.equal(boundedComment('a'.repeat(3_000)).length, 2_000);
      assert.equal(boundedComment(`${'a'.repeat(1_999)}😀`), 'a'.repeat(1_999));
      assert.equal(boundedComment('😀'), '😀');
    });
  });

  it('the state › follows the steps, and an answer outlives every failure', () => {
    const states = [
      stateOf({ step: 'waiting' }),
      stateOf({ step: 'skipped' }),
      stateOf({ step: 'refused' }),
      stateOf({ step: 'asked' }),
      stateOf({ step: 'asked', question: { status: 'delivered' } }),
      stateOf({ step: 'asked', question: { status: 'canceled' } }),
      stateOf({ step: 'asked', question: { status: 'failed' }, score: 1 }),
    ];
    assert.deepEqual(states, ['waiting', 'skipped', 'refused', 'sent', 'sent', 'failed', 'answered']);
  });
});
