import assert from 'node:assert/strict';
import { parseWebhookBody } from '../../../src/whatsapp/events.ts';
import { readPreferences } from '../../../src/whatsapp/preference-events.ts';

const context = { wabaId: '100', atMs: 1_700_000_000_000, path: 'here' };
const stop = {
  wa_id: '15550001001',
  category: 'marketing_messages',
  value: 'stop',
  detail: 'User requested to stop marketing messages',
  timestamp: 1_731_705_721,
};
const item = {
  kind: 'preference',
  phoneNumberId: '106',
  wabaId: '100',
  person: { phoneNumber: '+15550001001', whatsappId: '15550001001' },
  profileName: 'Ana',
  category: 'marketing_messages',
  value: 'stop',
  detail: 'User requested to stop marketing messages',
  timestampMs: 1_731_705_721_000,
};
const valueOf = (preferences: readonly unknown[]) => ({
  messaging_product: 'whatsapp',
  metadata: { display_phone_number: '15550001000', phone_number_id: '106' },
  contacts: [{ profile: { name: 'Ana' }, wa_id: '15550001001' }],
  user_preferences: preferences,
});

describe('preferences in webhooks', () => {
  it('Meta’s body › one item with everything that it says', () => {
    const body = {
      object: 'whatsapp_business_account',
      entry: [
        { id: '100', time: 1_731_705_721, changes: [{ field: 'user_preferences', value: valueOf([stop]) }] },
      ],
    };
    assert.deepEqual(parseWebhookBody(JSON.stringify(body)), [item]);
  });

  const readAll = (value: unknown) => [...(readPreferences('user_preferences', value, context) ?? [])];

  it('another field › null', () => assert.equal(readPreferences('account_alerts', {}, context), null));

  it('no metadata, a user id, text or milliseconds as time › read all the same', () => {
    const { wa_id: _phone, detail: _detail, ...rest } = stop;
    const { metadata: _metadata, ...value } = valueOf([
      { ...rest, user_id: 'US.1', value: 'resume', timestamp: '1731705721' },
      { ...rest, user_id: 'US.1', timestamp: 1_731_705_721_123, detail: 7 },
    ]);
    const read = {
      kind: 'preference',
      phoneNumberId: null,
      wabaId: '100',
      person: { businessScopedUserId: 'US.1' },
    };
    assert.deepEqual(readAll(value), [
      { ...read, category: 'marketing_messages', value: 'resume', timestampMs: 1_731_705_721_000 },
      { ...read, category: 'marketing_messages', value: 'stop', timestampMs: 1_731_705_721_123 },
    ]);
  });

  it('a value in another case › read; one that is not known › has no effect, and is kept as a word', () => {
    const values = ['STOP', ' Resume ', 'pause', '', null, undefined, 5];
    const read = readAll(valueOf(values.map((value) => ({ ...stop, value }))));
    assert.deepEqual(
      read.map((one) => (one.kind === 'preference' ? [one.value, one.word] : [one.kind])),
      [
        ['stop', undefined],
        ['resume', undefined],
        [null, 'pause'],
        [null, ''],
        [null, 'object'],
        [null, 'undefined'],
        [null, '5'],
      ],
    );
  });

  describe('a stop that says less than it should', () => {
    const least = { ...item, category: null, timestampMs: null };
    const without = (...fields: readonly string[]) =>
      Object.fromEntries(Object.entries(stop).filter(([field]) => !fields.includes(field)));
    const bad: readonly (readonly [string, unknown])[] = [
      ['missing', without('category', 'timestamp')],
      ['null', { ...stop, category: null, timestamp: 'x' }],
      ['of another type', { ...stop, category: 7, timestamp: {} }],
      ['empty or negative', { ...stop, category: '', timestamp: -1 }],
    ];
    for (const [what, given] of bad)
      it(`category and time ${what} › read without them`, () =>
        assert.deepEqual(readAll(valueOf([given])), [least]));

    it('nobody named › the person of contacts, if it is the only one or there is one for each', () => {
      const [first, second] = ['15550001002', '15550001003'].map((wa_id) => ({ wa_id }));
      const given = [without('wa_id'), without('wa_id')];
      const personsIn = (contacts: unknown) =>
        readAll({ ...valueOf(given), contacts }).map((read) =>
          read.kind === 'preference' ? read.person.whatsappId : read.reason,
        );
      assert.deepEqual(personsIn([first]), ['15550001002', '15550001002']);
      assert.deepEqual(personsIn([first, second]), ['15550001002', '15550001003']);
      const nobody = [0, 1].map((index) => `here.user_preferences[${index}] names no person`);
      for (const contacts of [[], 'x', [first, second, first], [null, {}]])
        assert.deepEqual(personsIn(contacts), nobody);
    });

    it('a resume like that › not readable, and no person from contacts', () => {
      for (const [, given] of bad) {
        const [read] = readAll(valueOf([{ ...(given as object), value: 'resume' }]));
        assert.equal(read?.kind, 'invalid');
      }
      const resume = { ...without('wa_id'), value: 'resume' };
      assert.equal(readAll(valueOf([resume]))[0]?.kind, 'invalid');
    });
  });

  it('one that cannot be read › says where, and hides none beside it', () => {
    const { wa_id: _phone, ...nobody } = stop;
    const resume = { ...stop, value: 'resume' };
    const unnamed = { ...nobody, value: 'resume' };
    const given = [null, { ...resume, category: 7 }, unnamed, { ...resume, timestamp: 'soon' }, stop];
    const path = 'here.user_preferences';
    assert.deepEqual(readAll(valueOf(given)), [
      { kind: 'invalid', reason: `${path}[0]: invalid_type not readable` },
      { kind: 'invalid', reason: `${path}[1]: category not readable` },
      { kind: 'invalid', reason: `${path}[2] names no person` },
      { kind: 'invalid', reason: `${path}[3]: timestamp not readable` },
      item,
    ]);
    for (const value of [null, {}, { user_preferences: {} }]) {
      assert.deepEqual(readAll(value), [{ kind: 'invalid', reason: 'here is not readable' }]);
    }
  });
});
