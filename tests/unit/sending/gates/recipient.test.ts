import assert from 'node:assert/strict';
import fc from 'fast-check';
import { newId } from '../../../../src/platform/ids.ts';
import {
  addressOfContact,
  addressOfMessage,
  isSameAddress,
  keysOfMessage,
  placeOf,
  reachedThrough,
} from '../../../../src/sending/gates/recipient.ts';

const canonical = { to: '+525512345678' };
const older = { to: '+5215512345678' };
const user = { recipientUserId: 'US.1' };

describe('address of a recipient', () => {
  it('a contact › its number, or else its user id, or none', () => {
    const businessScopedUserId = 'US.1';
    assert.deepEqual(addressOfContact({ phoneNumber: '+15550001101', businessScopedUserId }), {
      to: '+15550001101',
    });
    assert.deepEqual(addressOfContact({ businessScopedUserId }), user);
    assert.equal(addressOfContact({}), null);
  });

  it('a message › its number, or else its user id; none for an inbound one', () => {
    assert.deepEqual([canonical, user, {}].map(addressOfMessage), [canonical, user, null]);
  });

  it('two spellings of a number › the same address and the same person in counts', () => {
    assert.ok(isSameAddress(canonical, older));
    assert.ok(placeOf(canonical).equals(placeOf(older)));
    assert.ok(!isSameAddress(canonical, { to: '+525512345679' }));
    assert.ok(!placeOf(canonical).equals(placeOf({ to: '+525512345679' })));
  });

  it('a user id and none › an address of its own, and none', () => {
    assert.ok(isSameAddress(user, { recipientUserId: 'US.1' }));
    for (const other of [canonical, null]) assert.ok(!isSameAddress(user, other));
    assert.ok(isSameAddress(null, null));
  });

  it('a number that nobody can have › compared as it is written', () => {
    assert.ok(isSameAddress({ to: '+1' }, { to: '+1' }));
    assert.ok(!isSameAddress({ to: '+1' }, { to: '+2' }));
  });

  it('the keys of a message › every spelling of its numbers, now and at acceptance, and user ids', () => {
    assert.deepEqual(keysOfMessage({ ...older, acceptedFor: user }).toSorted(), [
      'id:US.1',
      'tel:+5215512345678',
      'tel:+525512345678',
    ]);
    assert.deepEqual(keysOfMessage({}), []);
  });

  describe('a contact that lost its number', () => {
    const at = (hour: number) => new Date(Date.UTC(2026, 10, 1, hour));
    const ids = Array.from({ length: 6 }, () => newId());
    const linkTo = (place: number) => ({
      ...{ contactId: ids[place] ?? newId(), reason: 'identity-changed' as const, at: at(0) },
    });
    const numbered = (place: number, hour: number) => ({
      ...{ _id: ids[place] ?? newId(), phoneNumber: `+1202555010${place}`, numberSince: at(hour) },
    });

    it('another contact of the person has a number › reached there, by the latest one', () => {
      const lost = { _id: ids[0] ?? newId(), samePerson: [linkTo(1), linkTo(2)] };
      const userId = { _id: ids[1] ?? newId(), businessScopedUserId: 'US.1', samePerson: [linkTo(3)] };
      const people = [lost, userId, numbered(2, 5), numbered(3, 7), numbered(4, 9)];
      assert.equal(
        reachedThrough(lost, people),
        people[3],
        'linked to a linked one; the last one is a stranger',
      );
      assert.equal(reachedThrough(lost, people.slice(0, 2)), userId);
      assert.equal(reachedThrough(lost, [lost]), lost);
    });

    it('any links › itself if it has an address, else only somebody that it is linked to', () => {
      const contact = fc.record({
        hasNumber: fc.boolean(),
        links: fc.array(fc.nat(5), { maxLength: 2 }),
        hour: fc.nat(20),
      });
      fc.assert(
        fc.property(fc.array(contact, { minLength: 6, maxLength: 6 }), (given) => {
          const people = given.map(({ hasNumber, links, hour }, place) => ({
            ...(hasNumber ? numbered(place, hour) : { _id: ids[place] ?? newId() }),
            samePerson: links.map(linkTo),
          }));
          const [first] = people;
          assert.ok(first !== undefined);
          const reached = people.indexOf(reachedThrough(first, people));
          const person = new Set([0]);
          for (const place of person) for (const link of given[place]?.links ?? []) person.add(link);
          assert.ok(person.has(reached));
          const isAnyReachable = [...person].some((place) => given[place]?.hasNumber);
          assert.equal(given[reached]?.hasNumber, isAnyReachable);
          if (given[0]?.hasNumber === true) assert.equal(reached, 0);
        }),
      );
    });
  });
});
