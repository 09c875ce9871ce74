import assert from 'node:assert/strict';
import { stateAfterAnswer, stateAfterWish, type StateOfChannel } from '../../../src/channels/rules.ts';
import type { NumberAnswer } from '../../../src/whatsapp/gateway.ts';

const active: StateOfChannel = { state: 'active', reason: null };
const paused: StateOfChannel = { state: 'paused', reason: 'Paused by an admin.' };
const disconnected: StateOfChannel = { state: 'disconnected', reason: 'The access token has expired (190).' };

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
  describe('after the provider was asked', () => {
    it('credentials work › active again, but a pause stays', () => {
      assert.deepEqual(stateAfterAnswer(active, described), active);
      assert.deepEqual(stateAfterAnswer(disconnected, described), active);
      assert.deepEqual(stateAfterAnswer(paused, described), paused);
    });

    for (const [what, answer, reason] of [
      ['expired token', refused(190), /^The access token has expired \(190\)\. \S/],
      ['missing permission', refused(200), /^A permission is missing \(200\)\. \S/],
      [
        'unknown number',
        refused(100, { subcode: 33 }),
        /^The object does not exist or may not be used \(100\)\. \S/,
      ],
      ['blocked number', refused(368), /^Blocked for a time for breaking a policy \(368\)\. \S/],
      ['wrong parameter', refused(100), /^A parameter is not valid \(100\)\. \S/],
    ] as const) {
      it(`${what} › disconnected from every state, with our words and not the provider’s`, () => {
        for (const current of [active, paused, disconnected]) {
          const next = stateAfterAnswer(current, answer);
          assert.equal(next?.state, 'disconnected');
          assert.match(next.reason ?? '', reason);
          assert.ok(!next.reason?.includes('EAAB'));
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
      it(`${what} › nothing is known`, () => {
        for (const current of [active, paused, disconnected])
          assert.equal(stateAfterAnswer(current, answer), null);
      });
    }
  });

  describe('after a wish', () => {
    it('pause and resume › each from both, a repetition changes nothing', () => {
      assert.deepEqual(stateAfterWish(active, 'pause'), paused);
      assert.deepEqual(stateAfterWish(paused, 'pause'), paused);
      assert.deepEqual(stateAfterWish(paused, 'resume'), active);
      assert.deepEqual(stateAfterWish(active, 'resume'), active);
    });

    it('disconnected › neither is possible', () => {
      assert.equal(stateAfterWish(disconnected, 'pause'), null);
      assert.equal(stateAfterWish(disconnected, 'resume'), null);
    });
  });
});
