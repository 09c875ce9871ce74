import assert from 'node:assert/strict';
import { changeBetween } from '../../../src/audit/rules.ts';

describe('change between two states', () => {
  it('equal fields › omitted; different fields › on both sides', () => {
    const before = { name: 'Ada', tags: ['a'], stage: 'new' };
    const after = { name: 'Ada', tags: ['a', 'b'], stage: 'won' };
    assert.deepEqual(changeBetween(before, after), {
      before: { tags: ['a'], stage: 'new' },
      after: { tags: ['a', 'b'], stage: 'won' },
    });
  });

  it('equal in all › nothing', () => {
    assert.deepEqual(changeBetween({ a: { b: 1 } }, { a: { b: 1 } }), { before: {}, after: {} });
  });

  it('a field that one side lacks › is null there', () => {
    assert.deepEqual(changeBetween({ a: 1 }, { b: 2 }), {
      before: { a: 1, b: null },
      after: { a: null, b: 2 },
    });
  });

  it('a secret › masked, or null if absent', () => {
    const secrets = ['passwordHash', 'accessToken', 'appSecret', 'webhookKeyHash', 'tokenHash'];
    for (const name of secrets) {
      assert.deepEqual(changeBetween({ [name]: 'old' }, { [name]: 'new' }), {
        before: { [name]: '[secret]' },
        after: { [name]: '[secret]' },
      });
      assert.deepEqual(changeBetween({}, { [name]: 'new' }), {
        before: { [name]: null },
        after: { [name]: '[secret]' },
      });
    }
  });
});
