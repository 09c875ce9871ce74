import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { findInAccount, type Ask } from '../../../src/whatsapp/account-numbers.ts';
import type { ProviderNumber } from '../../../src/whatsapp/gateway.ts';
import type { HttpAnswer } from '../../../src/whatsapp/graph.ts';

const number: ProviderNumber = {
  ...{ phoneNumberId: '1000', wabaId: '2/000', accessToken: 'the token' },
  scope: { clientId: new Types.ObjectId() },
};

const json = (body: unknown, status = 200): HttpAnswer => ({
  ...{ status, retryAfter: undefined, text: JSON.stringify(body) },
});
const page = (ids: readonly string[], after?: string) =>
  json({
    data: ids.map((id) => ({ id })),
    paging: {
      cursors: { before: 'x', after: after ?? 'last' },
      ...(after === undefined ? {} : { next: 'http://evil.test/phone_numbers' }),
    },
  });
const error = (code: number) => json({ error: { code, message: 'no' } }, 400);
const health = (wabaId: string) =>
  json({
    health_status: {
      entities: [
        { entity_type: 'PHONE_NUMBER', id: '1000' },
        { entity_type: 'WABA', id: wabaId },
      ],
    },
  });

/** Answers one call after the other, and notes their paths. */
function provider(answers: readonly HttpAnswer[]) {
  const paths: string[] = [];
  const ask: Ask = async (_number, path, interpret) => {
    const answer = answers[paths.length] ?? answers.at(-1);
    paths.push(path);
    assert.ok(answer !== undefined);
    return interpret(answer);
  };
  return { ask, paths };
}

describe('a number in an account', () => {
  const list = '/2%2F000/phone_numbers?fields=id&limit=100';
  const ofNumber = '/1000?fields=health_status';

  it('on the first page › member, with one call', async () => {
    const { ask, paths } = provider([page(['7', '1000'], 'more')]);
    assert.deepEqual(await findInAccount(ask, number), { kind: 'described', isMember: true });
    assert.deepEqual(paths, [list]);
  });

  it('on a later page › found by the cursor; the address in the answer is never called', async () => {
    const { ask, paths } = provider([page(['1'], 'a b'), page(['2'], 'c'), page(['1000'])]);
    assert.deepEqual(await findInAccount(ask, number), { kind: 'described', isMember: true });
    assert.deepEqual(paths, [list, `${list}&after=a%20b`, `${list}&after=c`]);
  });

  it('on no page › not a member', async () => {
    const { ask } = provider([page(['1'], 'a'), page(['2'])]);
    assert.deepEqual(await findInAccount(ask, number), { kind: 'described', isMember: false });
    assert.deepEqual(await findInAccount(provider([json({ data: [] })]).ask, number), {
      ...{ kind: 'described', isMember: false },
    });
  });

  it('more pages than the bound › the number is asked instead', async () => {
    const { ask, paths } = provider([...Array.from({ length: 10 }, () => page(['1'], 'a')), health('2/000')]);
    assert.deepEqual(await findInAccount(ask, number), { kind: 'described', isMember: true });
    assert.deepEqual([paths.length, paths.at(-1)], [11, ofNumber]);
  });

  it('a token that may not list › the number names its account', async () => {
    for (const [named, isMember] of [
      ['2/000', true],
      ['666', false],
    ] as const) {
      const { ask, paths } = provider([error(200), health(named)]);
      assert.deepEqual(await findInAccount(ask, number), { kind: 'described', isMember });
      assert.deepEqual(paths, [list, ofNumber]);
    }
  });

  it('neither the account nor the number says it › the refusal of the list', async () => {
    for (const second of [error(200), json({ id: '1000' }), json('?', 502)]) {
      const answer = await findInAccount(provider([error(10), second]).ask, number);
      assert.deepEqual([answer.kind, 'error' in answer && answer.error.code], ['refused', 10]);
    }
  });

  it('an expired token, a call limit › the refusal, without another call', async () => {
    for (const code of [190, 80007, 131031]) {
      const { ask, paths } = provider([error(code)]);
      assert.equal((await findInAccount(ask, number)).kind, 'refused');
      assert.equal(paths.length, 1);
    }
  });

  it('an answer that is not Meta’s › away', async () => {
    for (const answer of [json('?', 502), json({ hello: 1 }), { ...json(''), text: '<html>' }])
      assert.equal((await findInAccount(provider([answer]).ask, number)).kind, 'away');
  });
});
