import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { changedIds, idsOfNames, namesByKey, setKeyOf } from '../../../../src/people/contact-sets/rules.ts';
import { freeSlots } from '../../../../src/platform/slots.ts';

const pool = Array.from({ length: 5 }, () => new Types.ObjectId());
const someIds = fc.subarray(pool);
const maybe = fc.option(someIds, { nil: undefined });

describe('names of tags and groups', () => {
  it('case, accents and spaces › make no difference; a name of marks alone is its own', () => {
    for (const name of ['Größe', 'GROSSE', ' grosse ']) assert.equal(setKeyOf(name), 'grosse');
    assert.equal(setKeyOf('🔥'), '🔥');
    assert.equal(setKeyOf('\u0301'), '\u0301');
  });
});

describe('several names', () => {
  it('alike ones › are one, as first written; ids follow in their order, without names that nothing has', () => {
    const names = ['vip', 'Größe', 'VIP', 'new', 'grosse'];
    assert.deepEqual([...namesByKey(names).values()], ['vip', 'Größe', 'new']);
    const [size, vip] = [new Types.ObjectId(), new Types.ObjectId()];
    const ids = new Map([
      ['grosse', size],
      ['vip', vip],
    ]);
    assert.deepEqual(idsOfNames(names, ids), [vip, size]);
  });
});

describe('the tags of a contact', () => {
  it('any change › has what is set or was there, and what is added, without what is removed, each once', () => {
    fc.assert(
      fc.property(someIds, maybe, maybe, maybe, (current, set, add, remove) => {
        const next = changedIds(current, { set, add, remove });
        const wanted = pool.filter(
          (id) =>
            ((set ?? current).includes(id) || add?.includes(id) === true) && remove?.includes(id) !== true,
        );
        assert.deepEqual(next.map(String).toSorted(), wanted.map(String).toSorted());
        assert.deepEqual(changedIds(next, { add, remove }), next, 'repeating changes nothing');
        if (String(next) === String(current)) assert.equal(next, current);
      }),
    );
  });

  it('the order › is that in which they came', () => {
    const [a, b, c] = pool as [Types.ObjectId, Types.ObjectId, Types.ObjectId];
    assert.deepEqual(changedIds([b, a], { add: [c, a] }), [b, a, c]);
    assert.deepEqual(changedIds([b, a], { set: [a, b, a] }), [a, b]);
  });
});

describe('free places', () => {
  it('the lowest that are not taken › as many as are wanted, below the bound', () => {
    const taken = [0, 2, 3, 9].map((slot) => ({ slot }));
    assert.deepEqual(freeSlots(taken, { wanted: 3, max: 10 }), [1, 4, 5]);
    assert.deepEqual(freeSlots(taken, { wanted: 9, max: 6 }), [1, 4, 5]);
    assert.deepEqual(freeSlots(taken, { wanted: 0, max: 10 }), []);
  });
});
