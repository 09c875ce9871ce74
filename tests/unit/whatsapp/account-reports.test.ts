import assert from 'node:assert/strict';
import { readReport, reportLimits, unknownWordsOf } from '../../../src/whatsapp/account-reports.ts';
import { cleanText, leavesOf } from '../../../src/whatsapp/leaves.ts';

const context = { wabaId: '200', atMs: 1_794_502_000_000, path: 'entry[0]' };

function report(field: string, value: object) {
  const read = readReport(field, value, context);
  assert.ok(read !== null, field);
  return read;
}

const judged = (field: string, value: object) => {
  const { word, severity, effectiveAtMs } = report(field, value);
  const effectiveAt = effectiveAtMs === null ? null : new Date(effectiveAtMs).toISOString();
  return [word, severity, effectiveAt];
};

const banned = (state: unknown, date: unknown = null) => ({
  event: 'DISABLED_UPDATE',
  ban_info: { waba_ban_state: state, waba_ban_date: date },
});

describe('account reports', () => {
  it('every event of an account › its word, severity and the time of its effect', () => {
    for (const [value, expected] of [
      [banned('SCHEDULE_FOR_DISABLE', 'November 30, 2026'), ['critical', '2026-11-30T00:00:00.000Z']],
      [banned('SCHEDULE_FOR_DISABLE', '2026-11-30'), ['critical', '2026-11-30T00:00:00.000Z']],
      [banned(['SCHEDULE_FOR_DISABLE'], 1_794_900_000), ['critical', '2026-11-17T07:20:00.000Z']],
      [banned('SCHEDULE_FOR_DISABLE', 'soon'), ['critical', null]],
      [banned('DISABLE', ''), ['critical', null]],
      [banned('REINSTATE'), ['info', null]],
      [{ event: 'ACCOUNT_VIOLATION', violation_info: { violation_type: 'SPAM' } }, ['critical', null]],
      [
        {
          event: 'ACCOUNT_RESTRICTION',
          restriction_info: [{ restriction_type: 'X', expiration: '1794900000' }],
        },
        ['critical', '2026-11-17T07:20:00.000Z'],
      ],
      [{ event: 'PARTNER_REMOVED' }, ['critical', null]],
      [{ event: 'PARTNER_ADDED' }, ['info', null]],
      [{ event: 'ACCOUNT_OFFBOARDED' }, ['critical', null]],
      [{ event: 'ACCOUNT_DELETED' }, ['critical', null]],
      [{ event: 'VOLUME_BASED_PRICING_TIER_UPDATE' }, ['info', null]],
      [{ event: 'A_WORD_OF_TOMORROW' }, ['warning', null]],
    ] as const) {
      assert.deepEqual(judged('account_update', value), [value.event, ...expected], JSON.stringify(value));
    }
  });

  it('the other fields › word and severity', () => {
    for (const [field, value, expected] of [
      ['account_review_update', { decision: 'REJECTED' }, ['REJECTED', 'critical', null]],
      ['account_review_update', { decision: 'APPROVED' }, ['APPROVED', 'info', null]],
      ['account_review_update', { decision: 'DEFERRED' }, ['DEFERRED', 'warning', null]],
      [
        'account_alerts',
        { alert_info: { alert_type: 'A', alert_severity: 'CRITICAL' } },
        ['A', 'critical', null],
      ],
      [
        'account_alerts',
        { alert_info: { alert_type: 'A', alert_severity: 'INFORMATIONAL' } },
        ['A', 'info', null],
      ],
      ['account_alerts', { alert_type: 'A' }, ['A', 'warning', null]],
      ['phone_number_name_update', { decision: 'REJECTED' }, ['REJECTED', 'warning', null]],
      ['phone_number_quality_update', { event: 'FLAGGED' }, ['FLAGGED', 'warning', null]],
      ['phone_number_quality_update', { event: 'THROUGHPUT_UPGRADE' }, ['THROUGHPUT_UPGRADE', 'info', null]],
      ['business_capability_update', { max_daily_conversation_per_phone: 1 }, [null, 'info', null]],
      ['security', { event: 'PIN_CHANGED' }, ['PIN_CHANGED', 'warning', null]],
      [
        'message_template_status_update',
        { event: 'DISABLED', disable_info: { disable_date: 1_794_900_000 } },
        ['DISABLED', 'warning', '2026-11-17T07:20:00.000Z'],
      ],
      ['message_template_quality_update', { new_quality_score: 'RED' }, ['RED', 'warning', null]],
      ['message_template_quality_update', { new_quality_score: 'GREEN' }, ['GREEN', 'info', null]],
      [
        'template_category_update',
        { correct_category: 'MARKETING', category_update_timestamp: 1_794_900_000 },
        ['MARKETING', 'warning', '2026-11-17T07:20:00.000Z'],
      ],
      ['template_category_update', { new_category: 'UTILITY' }, ['UTILITY', 'info', null]],
      [
        'flows',
        { event: 'FLOW_STATUS_CHANGE', new_status: 'BLOCKED' },
        ['FLOW_STATUS_CHANGE', 'warning', null],
      ],
      [
        'flows',
        { event: 'FLOW_STATUS_CHANGE', new_status: 'PUBLISHED' },
        ['FLOW_STATUS_CHANGE', 'info', null],
      ],
      ['business_username_update', { status: 'approved', username: 'doe' }, ['approved', 'info', null]],
      ['payment_configuration_update', { configuration_name: 'a' }, [null, 'info', null]],
      ['a_field_of_tomorrow', {}, [null, 'info', null]],
    ] as const) {
      assert.deepEqual(judged(field, value), expected, `${field} ${JSON.stringify(value)}`);
    }
  });

  it('the number that an event names › by id or by its digits', () => {
    const { phoneNumberId, displayNumber } = report('security', { display_phone_number: '+1 555-000-1000' });
    assert.deepEqual({ phoneNumberId, displayNumber }, { phoneNumberId: null, displayNumber: '15550001000' });
    assert.equal(report('account_update', { phone_number: '15550001000' }).displayNumber, '15550001000');
    assert.equal(report('flows', { metadata: { phone_number_id: '7' } }).phoneNumberId, '7');
  });

  it('a repetition › the same key; another time or value › another key', () => {
    const { key } = report('security', { event: 'PIN_CHANGED', a: 1 });
    assert.equal(report('security', { a: 1, event: 'PIN_CHANGED' }).key, key);
    assert.notEqual(report('security', { event: 'PIN_CHANGED', a: 2 }).key, key);
    const later = { ...context, atMs: 1 };
    assert.notEqual(readReport('security', { event: 'PIN_CHANGED', a: 1 }, later)?.key, key);
  });

  it('fields about persons › no report, unless a preference is unknown', () => {
    for (const field of ['messages', 'user_id_update']) assert.equal(readReport(field, {}, context), null);
    const preferences = (category: string, value: unknown = 'stop') => ({
      user_preferences: [{ category, value }],
    });
    assert.equal(readReport('user_preferences', preferences('marketing_messages'), context), null);
    assert.equal(report('user_preferences', preferences('calls')).field, 'user_preferences');
    const unheard = preferences('marketing_messages', 'pause');
    assert.equal(report('user_preferences', unheard).field, 'user_preferences');
    assert.equal(readReport('user_preferences', preferences('marketing_messages', 'STOP'), context), null);
  });

  it('unknown names › told apart from known ones', () => {
    assert.deepEqual(unknownWordsOf({ field: 'x', word: 'Y' }), [{ kind: 'field', word: 'x' }]);
    const account = { field: 'account_update', word: 'Y' };
    assert.deepEqual(unknownWordsOf(account), [{ kind: 'account-event', word: 'Y' }]);
    const keys = { field: 'messages', word: null, unknownKeys: ['contacts[].a', 'b'] };
    assert.deepEqual(unknownWordsOf(keys), [
      { kind: 'key', word: 'contacts[].a' },
      { kind: 'key', word: 'b' },
    ]);
    for (const known of [
      { field: 'account_update', word: 'PARTNER_ADDED' },
      { field: 'account_update', word: null },
      { field: 'security', word: 'Y' },
    ])
      assert.deepEqual(unknownWordsOf(known), []);
  });
});

describe('the values of an event', () => {
  it('nested values › flat, in order, with their paths', () => {
    const value = { a: { b: [1, { c: 'x' }] }, d: null, e: true, f: {}, g: [] };
    assert.deepEqual(leavesOf(value, reportLimits), [
      { name: 'a.b[0]', value: '1' },
      { name: 'a.b[1].c', value: 'x' },
      { name: 'd', value: 'null' },
      { name: 'e', value: 'true' },
      { name: 'f', value: '{}' },
      { name: 'g', value: '[]' },
    ]);
  });

  it('too many or too long › cut, and the rest is counted', () => {
    const many = Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`k${index}`, 'é'.repeat(9)]));
    assert.deepEqual(leavesOf(many, { maxLeaves: 2, maxName: 1, maxValue: 3 }), [
      { name: 'k', value: 'ééé' },
      { name: 'k', value: 'ééé' },
      { name: '…', value: '3' },
    ]);
  });

  it('a nesting of 100,000 › read without exhausting the stack', () => {
    let value: unknown = 1;
    for (let depth = 0; depth < 100_000; depth += 1) value = [value];
    assert.equal(leavesOf(value, reportLimits).length, 1);
  });

  it('hostile text › without control characters, cut at whole characters', () => {
    assert.equal(cleanText('a\u0000b\u001bc', 9), 'abc');
    assert.equal(cleanText('😀😀😀', 5), '😀😀');
  });
});
