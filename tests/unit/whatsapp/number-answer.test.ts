import assert from 'node:assert/strict';
import { interpretAccountAnswer, interpretNumberAnswer } from '../../../src/whatsapp/cloud-api.ts';

const answer = (status: number, body: unknown) =>
  interpretNumberAnswer({
    status,
    retryAfter: undefined,
    text: typeof body === 'string' ? body : JSON.stringify(body),
  });

describe('answer about a number', () => {
  it('all fields › described', () => {
    const body = {
      id: '1',
      display_phone_number: '+1 555-000-1000',
      verified_name: 'Shop',
      quality_rating: 'GREEN',
    };
    assert.deepEqual(answer(200, body), {
      kind: 'described',
      number: { displayNumber: '+1 555-000-1000', verifiedName: 'Shop', qualityRating: 'GREEN' },
    });
  });

  for (const [level, throughput] of [
    ['STANDARD', 80],
    ['HIGH', 1_000],
    ['NOT_APPLICABLE', undefined],
  ] as const) {
    it(`throughput ${level} › ${throughput ?? 'not told'}`, () => {
      const described = answer(200, { display_phone_number: '+1', throughput: { level } });
      assert.ok(described.kind === 'described');
      assert.equal(described.number.throughput, throughput);
    });
  }

  it('only the number › described without the rest', () => {
    assert.deepEqual(answer(200, { display_phone_number: '+1' }), {
      kind: 'described',
      number: { displayNumber: '+1' },
    });
  });

  it('a Graph error, whatever the status › refused with its code', () => {
    for (const status of [200, 400, 401, 500]) {
      const refused = answer(status, { error: { code: 190, message: 'Expired', error_subcode: 463 } });
      assert.equal(refused.kind, 'refused');
      assert.deepEqual(
        refused.kind === 'refused' && [refused.error.code, refused.error.subcode, refused.error.httpStatus],
        [190, 463, status],
      );
    }
  });

  for (const [what, status, body] of [
    ['a page of a proxy', 200, '<html>'],
    ['a login page of a proxy', 403, '<html>'],
    ['a 5xx without a body', 502, ''],
    ['a body without the number', 200, { id: '1' }],
    ['the number with a status of a refusal', 404, { display_phone_number: '+1' }],
  ] as const) {
    it(`${what} › away: it was not the provider`, () => {
      assert.deepEqual(answer(status, body), {
        kind: 'away',
        reason: `HTTP ${status} without a body of the Graph API`,
      });
    });
  }
});

describe('answer about an account', () => {
  const ask = (status: number, body: unknown) =>
    interpretAccountAnswer({ status, retryAfter: undefined, text: JSON.stringify(body) });

  it('its owner › the portfolio; none told › null', () => {
    const owner = { id: '42', name: 'The business' };
    assert.deepEqual(ask(200, { id: '1', owner_business_info: owner }), {
      ...{ kind: 'described', portfolioId: '42' },
    });
    for (const body of [{ id: '1' }, { id: '1', owner_business_info: { name: 'Nobody' } }]) {
      assert.deepEqual(ask(200, body), { kind: 'described', portfolioId: null });
    }
  });

  it('a Graph error › refused; anything else › away', () => {
    const refused = ask(400, { error: { code: 200, message: 'No permission' } });
    assert.equal(refused.kind === 'refused' && refused.error.code, 200);
    for (const [status, body] of [
      [502, ''],
      [200, {}],
      [404, { id: '1' }],
    ] as const)
      assert.equal(ask(status, body).kind, 'away');
  });
});
