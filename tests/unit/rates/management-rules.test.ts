import assert from 'node:assert/strict';
import fc from 'fast-check';
import { usageAfter, parseUsage } from '../../../src/rates/management/rules.ts';

const business = (...reports: object[]) => ({
  'x-business-use-case-usage': JSON.stringify({ '102290129340398': reports }),
});
const report = (call_count: number, estimated_time_to_regain_access = 0) => ({
  ...{ type: 'whatsapp', call_count, total_cputime: 25, total_time: 26, estimated_time_to_regain_access },
});

describe('management calls › usage in the headers', () => {
  it('the business account’s header › the fullest of its counts, and the wait in milliseconds', () => {
    assert.deepEqual(parseUsage(business(report(28))), { usedPercent: 28, regainAfterMs: 0 });
    assert.deepEqual(parseUsage(business(report(10), report(100, 19))), {
      ...{ usedPercent: 100, regainAfterMs: 19 * 60_000 },
    });
    assert.deepEqual(parseUsage(business({ total_cputime: 96 })), { usedPercent: 96, regainAfterMs: 0 });
  });

  it('the app’s header › counts too, and the worse of both is what matters', () => {
    const app = { 'x-app-usage': JSON.stringify({ call_count: 90, total_time: 2, total_cputime: 3 }) };
    assert.deepEqual(parseUsage(app), { usedPercent: 90, regainAfterMs: 0 });
    assert.deepEqual(parseUsage({ ...business(report(40, 2)), ...app }), {
      ...{ usedPercent: 90, regainAfterMs: 120_000 },
    });
  });

  it('a header that came twice › its first value is read', () => {
    const [value = ''] = Object.values(business(report(7)));
    assert.equal(parseUsage({ 'x-business-use-case-usage': [value, 'rubbish'] })?.usedPercent, 26);
    assert.equal(parseUsage({ 'x-business-use-case-usage': [] }), null);
  });

  it('an estimate beyond a day › is not believed', () => {
    assert.equal(parseUsage(business(report(100, 1e9)))?.regainAfterMs, 24 * 60 * 60_000);
  });

  const unreadable = [
    '',
    'no JSON',
    '[]',
    '5',
    'null',
    '{}',
    '{"1":{}}',
    '{"1":[7]}',
    '{"1":[{"call_count":"28"}]}',
  ];
  for (const text of [...unreadable, '{"1":[{"call_count":-1}]}']) {
    it(`${JSON.stringify(text)} › no information`, () => {
      assert.equal(parseUsage({ 'x-business-use-case-usage': text, 'x-app-usage': text }), null);
    });
  }

  it('any header › never throws, and returns usable numbers', () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify({ '1': [value] })),
    );
    fc.assert(
      fc.property(text, text, (first, second) => {
        const usage = parseUsage({ 'x-business-use-case-usage': first, 'x-app-usage': second });
        if (usage === null) return;
        assert.ok(usage.usedPercent >= 0 && usage.regainAfterMs >= 0);
        assert.ok(Number.isFinite(usage.usedPercent + usage.regainAfterMs));
      }),
    );
  });
});

describe('management calls › effects of an answer', () => {
  it('below 95 percent › no wait', () => {
    assert.equal(usageAfter({ headers: business(report(94)) })?.waitMs, 0);
  });

  it('from 95 percent › a careful wait, or the one that Meta names', () => {
    assert.equal(usageAfter({ headers: business(report(95)) })?.waitMs, 5 * 60_000);
    assert.equal(usageAfter({ headers: business(report(95, 2)) })?.waitMs, 2 * 60_000);
    assert.equal(usageAfter({ headers: business(report(50, 2)) })?.waitMs, 2 * 60_000);
  });

  it('refused by the limit › closed, with or without headers', () => {
    for (const errorCode of [4, 17, 613, 80007]) {
      assert.deepEqual(usageAfter({ headers: {}, errorCode }), {
        ...{ usedPercent: 100, regainAfterMs: 0, waitMs: 15 * 60_000 },
      });
      assert.equal(usageAfter({ headers: business(report(100, 3)), errorCode })?.waitMs, 3 * 60_000);
    }
  });

  it('nothing said, or another error › nothing learned', () => {
    assert.equal(usageAfter({ headers: {} }), null);
    assert.equal(usageAfter({ headers: {}, errorCode: 100 }), null);
  });
});
