import assert from 'node:assert/strict';
import { readPerson } from '../../../src/whatsapp/identity.ts';
import { readShownPerson } from '../../../src/whatsapp/shown-person.ts';
import { readSystemChange, readUserIdUpdates } from '../../../src/whatsapp/identity-changes.ts';

describe('the person that an event names', () => {
  const named: readonly [string, Parameters<typeof readPerson>[0], ReturnType<typeof readPerson>][] = [
    ['digits', { number: '15550001111' }, { phoneNumber: '+15550001111', whatsappId: '15550001111' }],
    [
      'a number with + and blanks',
      { number: '+1 555 000 1111' },
      { phoneNumber: '+15550001111', whatsappId: '15550001111' },
    ],
    ['digits of no known plan', { number: '22521356' }, { whatsappId: '22521356' }],
    ['a user id in the place of the number', { number: 'US.1' }, { businessScopedUserId: 'US.1' }],
    [
      'a number in the place of the user id',
      { userId: '15550001111' },
      { phoneNumber: '+15550001111', whatsappId: '15550001111' },
    ],
    ['a parent id in the place of the user id', { userId: 'US.ENT.1' }, { parentUserId: 'US.ENT.1' }],
    [
      'both ids',
      { userId: 'US.1', parentUserId: 'US.ENT.1' },
      { businessScopedUserId: 'US.1', parentUserId: 'US.ENT.1' },
    ],
    ['null and blanks', { number: null, userId: '' }, null],
    ['four digits, or 21', { number: '1234', userId: '1'.repeat(21) }, null],
    ['an object', { number: { wa_id: '1' }, userId: [] }, null],
    ['a username alone', { username: 'ana' }, null],
    [
      'a username with control characters',
      { userId: 'US.1', username: 'a\u0000n\u202ea' },
      { businessScopedUserId: 'US.1', username: 'a na' },
    ],
  ];
  for (const [situation, given, expected] of named)
    it(`${situation} › ${JSON.stringify(expected)}`, () => assert.deepEqual(readPerson(given), expected));

  it('a body of two items › an entry of `contacts` counts only for the person that it shares an id with', () => {
    const contacts = [{ user_id: 'US.2', profile: { name: 'Bo' } }];
    const fields = { number: '15550001111' };
    assert.equal(
      readShownPerson(fields, { contacts, isAlone: false }).person?.businessScopedUserId,
      undefined,
    );
    assert.equal(readShownPerson(fields, { contacts, isAlone: true }).person?.businessScopedUserId, 'US.2');
    const others = [{ wa_id: '15550002222', user_id: 'US.2' }];
    assert.equal(
      readShownPerson(fields, { contacts: others, isAlone: true }).person?.businessScopedUserId,
      undefined,
    );
  });
});

describe('changes of identity in webhooks', () => {
  it('a system message of another kind, or without a new identity › no change', () => {
    for (const system of [
      { type: 'customer_identity_changed', wa_id: '15550001111' },
      { type: 'user_changed_number' },
    ])
      assert.equal(readSystemChange({ from: '15550001111', system }), null);
    assert.equal(readSystemChange({ from: '15550001111', type: 'text' }), null);
  });

  it('a parent id with its old value, a bare list › read all the same; an unreadable update hides none beside it', () => {
    const update = {
      user_id: { previous: 'US.1', current: 'US.2' },
      parent_user_id: { previous: 'US.ENT.1', current: 'US.ENT.2' },
      timestamp: '1731705721',
    };
    const context = { wabaId: '100', atMs: null, path: 'here' };
    assert.deepEqual(readUserIdUpdates('user_id_update', [update, { user_id: {} }], context), [
      {
        kind: 'identity',
        phoneNumberId: null,
        wabaId: '100',
        reason: 'user-id-changed',
        from: { businessScopedUserId: 'US.1', parentUserId: 'US.ENT.1' },
        to: { businessScopedUserId: 'US.2', parentUserId: 'US.ENT.2' },
        timestampMs: 1_731_705_721_000,
      },
      { kind: 'invalid', reason: 'here.user_id_update[1] is not readable' },
    ]);
    assert.deepEqual(readUserIdUpdates('user_id_update', {}, context), [
      { kind: 'invalid', reason: 'here is not readable' },
    ]);
    assert.equal(readUserIdUpdates('calls', {}, context), null);
  });
});
