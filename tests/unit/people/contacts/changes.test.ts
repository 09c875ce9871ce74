import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import {
  applyChanges,
  auditedFieldsOf,
  withOptOutId,
  type ContactChanges,
} from '../../../../src/people/contacts/changes.ts';
import type { ContactRecord } from '../../../../src/people/contacts/store/repository.ts';

describe('changes of a contact', () => {
  const created = new Date('2026-11-01T00:00:00Z');
  const at = new Date('2026-11-23T09:00:00Z');
  const by = new Types.ObjectId();
  const vip = new Types.ObjectId();
  const record: ContactRecord = {
    _id: new Types.ObjectId(),
    clientId: new Types.ObjectId(),
    phoneNumber: '+15550001001',
    identityKeys: ['tel:+15550001001'],
    name: 'Ána',
    nameKey: 'ana',
    tagIds: [vip],
    optInStatus: 'unknown',
    customFields: { city: 'Berlin', orders: 3 },
    cf: [
      { k: 'city', s: 'Berlin' },
      { k: 'orders', n: 3 },
    ],
    consentLog: [],
    createdAt: created,
    updatedAt: created,
    version: 4,
  };
  const change = (changes: ContactChanges) => applyChanges(record, changes, { at, by });

  const same: readonly [string, ContactChanges][] = [
    ['nothing', {}],
    ['everything as it is', { phoneNumber: '+15550001001', name: 'Ána', tagIds: [vip] }],
    ['clearing what is not there', { username: null }],
    ['a custom field as it is', { customFields: new Map([['orders', { value: 3 }]]) }],
    ['removing a custom field that is not there', { customFields: new Map([['country', null]]) }],
    ['taking off the block list who is not on it', { isBlocked: false }],
    ['a status without a statement', { optInStatus: 'opted-in' }],
  ];
  for (const [name, changes] of same) {
    it(`${name} › the record itself`, () => assert.equal(change(changes), record));
  }

  it('a name › its key with it, the time of the change; the rest as it was', () => {
    assert.deepEqual(change({ name: 'Bélà' }), {
      ...record,
      name: 'Bélà',
      nameKey: 'bela',
      updatedAt: at,
    });
  });

  it('tags and groups › are missing rather than empty', () => {
    const group = new Types.ObjectId();
    const joined = change({ tagIds: [], groupIds: [group] });
    assert.deepEqual([joined.tagIds, 'tagIds' in joined, joined.groupIds], [undefined, false, [group]]);
    assert.deepEqual(
      [change({ name: 'Bela' }).tagIds, 'groupIds' in change({ name: 'Bela' })],
      [[vip], false],
    );
  });

  it('a username › its search key with it, and without it no key', () => {
    const named = change({ username: '@Ana.Souza' });
    assert.deepEqual([named.username, named.usernameKey], ['@Ana.Souza', 'ana.souza']);
    const cleared = applyChanges(named, { username: null }, { at, by });
    assert.ok(!('username' in cleared) && !('usernameKey' in cleared));
  });

  it('another number › marks of the old one are removed; other changes keep them', () => {
    const suspect = { ...record, numberSuspect: { code: '131026', at: created } };
    const changed = (changes: ContactChanges) => applyChanges(suspect, changes, { at, by }).numberSuspect;
    for (const phoneNumber of ['+15550001002', null]) assert.equal(changed({ phoneNumber }), undefined);
    for (const same of [{ name: 'Bela' }, { phoneNumber: '+15550001001', tagIds: [] }])
      assert.deepEqual(changed(same), suspect.numberSuspect);
  });

  it('null › clears the field, and the search key with the name', () => {
    const next = change({ name: null, phoneNumber: null });
    assert.deepEqual(
      Object.keys(record)
        .filter((key) => !(key in next))
        .toSorted(),
      ['name', 'nameKey', 'phoneNumber'],
    );
  });

  it('identities › each one is a key, a phone once in its canonical spelling', () => {
    const keysAfter = (changes: ContactChanges) => change(changes).identityKeys;
    assert.deepEqual(keysAfter({ whatsappId: '15550001001', businessScopedUserId: 'US.1' }), [
      'tel:+15550001001',
      'id:US.1',
    ]);
    assert.deepEqual(keysAfter({ whatsappId: '551187654321' }), ['tel:+15550001001', 'tel:+5511987654321']);
    // A key of its own: the unique index allows only one contact without any.
    assert.deepEqual(keysAfter({ phoneNumber: null }), [`contact:${record._id.toHexString()}`]);
  });

  it('custom fields › key by key: set, replaced, removed, others kept; their attributes with them', () => {
    const { customFields, cf } = change({
      customFields: new Map([
        ['city', null],
        ['vip', { value: true }],
      ]),
    });
    assert.deepEqual(customFields, { orders: 3, vip: true });
    assert.deepEqual(cf, [
      { k: 'orders', n: 3 },
      { k: 'vip', b: true },
    ]);
  });

  it('consent › status and one more entry in the log; the same statement again is another entry', () => {
    const once = change({ optInStatus: 'opted-in', consent: { source: 'form', wording: 'Yes' } });
    const entry = { status: 'opted-in', source: 'form', wording: 'Yes', at, by };
    assert.deepEqual([once.optInStatus, once.consentLog], ['opted-in', [entry]]);
    const twice = applyChanges(
      once,
      { optInStatus: 'opted-in', consent: { source: 'form' } },
      { at, by: undefined },
    );
    assert.deepEqual(twice.consentLog, [entry, { status: 'opted-in', source: 'form', at }]);
    assert.deepEqual(record.consentLog, []);
  });

  it('the block list › stores the time; repeated, no change; removal clears it', () => {
    const blocked = change({ isBlocked: true });
    assert.deepEqual(blocked, { ...record, isBlocked: true, blockedAt: at, updatedAt: at });
    const later = { at: new Date('2026-12-01T00:00:00Z'), by };
    assert.equal(applyChanges(blocked, { isBlocked: true }, later), blocked);
    assert.deepEqual(applyChanges(blocked, { isBlocked: false }, later), {
      ...record,
      updatedAt: later.at,
    });
  });

  it('an opt-out › gets an event id for the history; other changes do not', () => {
    const consent = { source: 'phone' };
    const named = withOptOutId({ optInStatus: 'opted-out', consent }, 'manual:1');
    assert.equal(change(named).consentLog.at(-1)?.eventId, 'manual:1');
    const others: readonly ContactChanges[] = [
      { optInStatus: 'opted-in', consent },
      { optInStatus: 'opted-out' },
    ];
    for (const changes of others) assert.equal(withOptOutId(changes, 'manual:1'), changes);
  });

  it('the audited fields › no search key, no dates, only the last entry of the history', () => {
    const { consent, ...fields } = auditedFieldsOf(
      change({ optInStatus: 'opted-out', consent: { source: 'phone' } }),
    );
    assert.equal(consent?.source, 'phone');
    assert.deepEqual(Object.keys(fields).toSorted(), [
      'aliases',
      'businessScopedUserId',
      'consentEntries',
      'customFields',
      'groupIds',
      'isBlocked',
      'marketingStopped',
      'name',
      'optInStatus',
      'parentUserId',
      'phoneNumber',
      'samePerson',
      'tagIds',
      'timezone',
      'username',
      'whatsappId',
    ]);
  });
});
