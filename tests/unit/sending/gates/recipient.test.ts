import assert from 'node:assert/strict';
import {
  addressOfContact,
  addressOfMessage,
  isSameAddress,
  keysOfMessage,
  placeOf,
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
});
