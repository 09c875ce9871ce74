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

  it('one that cannot be read › says where, and hides none beside it', () => {
    const { wa_id: _phone, ...nobody } = stop;
    const given = [null, { ...stop, category: 7 }, nobody, { ...stop, timestamp: 'soon' }, stop];
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
