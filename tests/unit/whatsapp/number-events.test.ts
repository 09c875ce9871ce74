import assert from 'node:assert/strict';
import { messagingLimitOf, readNumberChange } from '../../../src/whatsapp/number-events.ts';

const wabaId = '102290129340398';
const context = { wabaId, atMs: 1_764_000_000_000, path: 'entry[0].changes[0].value' };
const read = (field: string, value: unknown) => readNumberChange(field, value, context);
const account = (event: object) => [{ kind: 'account', wabaId, atMs: context.atMs, event }];

describe('events of an account', () => {
  it('a field of another kind › is not read here', () => {
    assert.equal(read('message_template_status_update', {}), null);
  });

  describe('messaging limit', () => {
    for (const [given, limit] of [
      [1_000, 1_000],
      [-1, null],
      ['TIER_250', 250],
      ['TIER_2K', 2_000],
      ['TIER_100K', 100_000],
      ['TIER_UNLIMITED', null],
    ] as const) {
      it(`${given} › ${limit ?? 'without limit'}`, () => {
        const expected = account({ type: 'messaging-limit', limit });
        const value = { max_daily_conversations_per_business: given };
        assert.deepEqual(read('business_capability_update', value), expected);
        assert.deepEqual(read('phone_number_quality_update', value), [
          ...expected,
          ...account({ type: 'number-changed' }),
        ]);
      });
    }

    it('missing, or a word that we do not know › says nothing', () => {
      assert.deepEqual(
        read('business_capability_update', { max_daily_conversations_per_business: 'TIER_9' }),
        [],
      );
      assert.equal(messagingLimitOf('TIER_9'), undefined);
    });
  });

  it('quality or throughput of a number › the number is to be asked', () => {
    const value = {
      display_phone_number: '15550001000',
      event: 'THROUGHPUT_UPGRADE',
      current_limit: 'TIER_9',
    };
    assert.deepEqual(read('phone_number_quality_update', value), account({ type: 'number-changed' }));
  });

  describe('account_update', () => {
    const biz = 'RESTRICTED_BIZ_INITIATED_MESSAGING';
    const customer = 'RESTRICTED_CUSTOMER_INITIATED_MESSAGING';
    const day = (number: number) => new Date(Date.UTC(2026, 11, number));
    const seconds = (date: Date) => date.getTime() / 1_000;
    const restricted = (...restrictions: readonly object[]) =>
      read('account_update', { event: 'ACCOUNT_RESTRICTION', restriction_info: restrictions });

    it('what the business begins › restricted until its end; answers › blocked', () => {
      for (const [word, type] of [
        [biz, 'restricted'],
        [customer, 'blocked'],
        ['RESTRICTED_SOME_OTHER_MESSAGING', 'blocked'],
      ] as const) {
        const until = day(1);
        for (const expiration of [seconds(until), String(seconds(until))]) {
          const other = { restriction_type: 'RESTRICTED_ADD_PHONE_NUMBER_ACTION' };
          const read = restricted(other, { restriction_type: word, expiration });
          assert.deepEqual(read, account({ type, word, until }));
        }
        const endless = { restriction_type: word, expiration: 'never' };
        assert.deepEqual(restricted(endless), account({ type, word }));
      }
    });

    it('both › each with its own end', () => {
      const both = [
        { restriction_type: customer, expiration: seconds(day(3)) },
        { restriction_type: biz, expiration: seconds(day(7)) },
      ];
      assert.deepEqual(restricted(...both), [
        ...account({ type: 'restricted', word: biz, until: day(7) }),
        ...account({ type: 'blocked', word: customer, until: day(3) }),
      ]);
    });

    it('several of one kind › the latest end, and none is the latest', () => {
      const ending = (number: number) => ({ restriction_type: customer, expiration: seconds(day(number)) });
      for (const given of [
        [ending(3), ending(7)],
        [ending(7), ending(3)],
      ]) {
        assert.deepEqual(restricted(...given), account({ type: 'blocked', word: customer, until: day(7) }));
      }
      const endless = { restriction_type: 'RESTRICTED_ANY_MESSAGING' };
      assert.deepEqual(
        restricted(ending(3), endless),
        account({ type: 'blocked', word: 'RESTRICTED_ANY_MESSAGING' }),
      );
    });

    it('a restriction that leaves messages alone › says nothing', () => {
      const restrictions = [{ restriction_type: 'RESTRICTED_ADD_PHONE_NUMBER_ACTION' }];
      assert.deepEqual(
        read('account_update', { event: 'ACCOUNT_RESTRICTION', restriction_info: restrictions }),
        [],
      );
      assert.deepEqual(read('account_update', { event: 'ACCOUNT_RESTRICTION' }), []);
    });

    for (const [value, type] of [
      [{ event: 'DISABLED_UPDATE', ban_info: { waba_ban_state: 'DISABLE' } }, 'blocked'],
      [{ event: 'DISABLED_UPDATE', ban_info: { waba_ban_state: 'REINSTATE' } }, 'reinstated'],
      [{ event: 'ACCOUNT_DELETED' }, 'blocked'],
      [{ event: 'ACCOUNT_OFFBOARDED' }, 'blocked'],
      [{ event: 'ACCOUNT_RECONNECTED' }, 'reinstated'],
    ] as const) {
      it(`${JSON.stringify(value)} › ${type}`, () => {
        assert.deepEqual(read('account_update', value), account({ type, word: value.event }));
      });
    }

    it('a ban that is only announced, and every other event › says nothing', () => {
      const announced = { event: 'DISABLED_UPDATE', ban_info: { waba_ban_state: 'SCHEDULE_FOR_DISABLE' } };
      assert.deepEqual(read('account_update', announced), []);
      assert.deepEqual(read('account_update', { event: 'DISABLED_UPDATE' }), []);
      assert.deepEqual(read('account_update', { event: 'MM_LITE_TERMS_SIGNED' }), []);
    });
  });

  it('not readable, or without an account › invalid, with its place', () => {
    const invalid = [{ kind: 'invalid', reason: 'entry[0].changes[0].value is not readable' }];
    assert.deepEqual(read('account_update', { event: 7 }), invalid);
    assert.deepEqual(read('account_update', null), invalid);
    const nobody = { ...context, wabaId: null };
    assert.deepEqual(readNumberChange('account_update', { event: 'ACCOUNT_DELETED' }, nobody), invalid);
  });
});
