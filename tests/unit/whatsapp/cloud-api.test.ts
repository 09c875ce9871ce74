import assert from 'node:assert/strict';
import { interpretAnswer, type HttpAnswer } from '../../../src/whatsapp/cloud-api.ts';
import type { GatewayAnswer, RejectedError } from '../../../src/whatsapp/gateway.ts';

const answer = (status: number, body: unknown, retryAfter?: string): HttpAnswer => ({
  status,
  retryAfter,
  text: typeof body === 'string' ? body : JSON.stringify(body),
});

const graph = (error: object) => ({
  error: { message: '(#131000) Something went wrong', code: 131000, ...error },
});
const ok = { messaging_product: 'whatsapp', messages: [{ id: 'wamid.1' }] };

const rejectedError = (given: GatewayAnswer): RejectedError => {
  assert.equal(given.kind, 'rejected');
  return given.error;
};

describe('answer of the Cloud API', () => {
  it('200 with a message id › accepted', () => {
    assert.deepEqual(interpretAnswer(answer(200, ok)), {
      kind: 'accepted',
      providerMessageId: 'wamid.1',
      isHeld: false,
    });
  });

  it('200 that holds the message for a quality assessment › accepted, and held', () => {
    const held = { messages: [{ id: 'wamid.1', message_status: 'held_for_quality_assessment' }] };
    assert.deepEqual(interpretAnswer(answer(200, held)), {
      kind: 'accepted',
      providerMessageId: 'wamid.1',
      isHeld: true,
    });
    const accepted = { messages: [{ id: 'wamid.1', message_status: 'accepted' }] };
    assert.equal(interpretAnswer(answer(200, accepted)).kind, 'accepted');
    const odd = { messages: [{ id: 'wamid.1', message_status: null }] };
    assert.equal(interpretAnswer(answer(200, odd)).kind, 'accepted');
  });

  const unclear: readonly [string, HttpAnswer][] = [
    ['200 without a message id', answer(200, { messaging_product: 'whatsapp' })],
    ['200 with an empty list', answer(200, { messages: [] })],
    ['200 with an empty id', answer(200, { messages: [{ id: '' }] })],
    ['200 with a page of something on the way', answer(200, '<html>Welcome</html>')],
    ['200 with nothing', answer(200, '')],
    ['202 with null', answer(202, null)],
    ['302', answer(302, '')],
    ['500 without a body', answer(500, '')],
    ['502 with a page', answer(502, '<html>Bad gateway</html>')],
    ['503 with JSON that is not Meta’s', answer(503, { message: 'upstream timed out' })],
    ['504 with an error that is only a text', answer(504, { error: 'timeout' })],
  ];
  for (const [name, given] of unclear) {
    it(`${name} › unknown, because the message may have been taken`, () => {
      assert.deepEqual(interpretAnswer(given), {
        kind: 'unknown',
        reason: `HTTP ${given.status} without a body of the Graph API`,
      });
    });
  }

  it('500 with Meta’s error object › refused, by its code', () => {
    const error = rejectedError(
      interpretAnswer(answer(500, graph({ is_transient: true, error_subcode: 7 }))),
    );
    assert.deepEqual(error, {
      code: 131000,
      subcode: 7,
      isTransient: true,
      httpStatus: 500,
      title: '(#131000) Something went wrong',
      detail: '',
    });
  });

  it('200 with Meta’s error object › refused: the body goes before the status', () => {
    assert.equal(rejectedError(interpretAnswer(answer(200, graph({ code: 131026 })))).code, 131026);
  });

  it('429 without a body › refused before it was taken, with the wait that was asked for', () => {
    const given = interpretAnswer(answer(429, '', '30'));
    assert.equal(given.kind, 'rejected');
    assert.equal(given.retryAfterMs, 30_000);
    assert.deepEqual(given.error, { code: 429, httpStatus: 429, title: 'Too many requests', detail: '' });
  });

  for (const status of [400, 401, 403, 404, 413]) {
    it(`${status} without Meta’s error object › refused for ever`, () => {
      const error = rejectedError(interpretAnswer(answer(status, 'no')));
      assert.deepEqual([error.code, error.httpStatus], [status, status]);
    });
  }

  const details: readonly [string, unknown, string][] = [
    ['an object', { details: 'Why' }, 'Why'],
    ['a text', 'Why', 'Why'],
    ['an object without details', { messaging_product: 'whatsapp' }, ''],
    ['left out', undefined, ''],
    ['null', null, ''],
    ['a number', 7, ''],
    ['an object with details of another type', { details: { blame: 'field' } }, ''],
  ];
  for (const [name, data, expected] of details) {
    it(`error_data is ${name} › the code is read all the same`, () => {
      const error = rejectedError(interpretAnswer(answer(400, graph({ code: 131008, error_data: data }))));
      assert.deepEqual([error.code, error.detail], [131008, expected]);
    });
  }

  it('extras of a wrong type › do not hide the code', () => {
    const odd = graph({ code: 131056, message: null, error_subcode: '33', is_transient: 'no' });
    const error = rejectedError(interpretAnswer(answer(400, odd)));
    assert.deepEqual(error, { code: 131056, httpStatus: 400, title: '', detail: '' });
  });

  it('phone numbers in the texts › are masked, because they end in logs and histories', () => {
    const error = rejectedError(
      interpretAnswer(
        answer(400, graph({ message: 'to 15551234567', error_data: { details: 'wa_id 4915112345678' } })),
      ),
    );
    assert.deepEqual([error.title, error.detail], ['to …67', 'wa_id …78']);
  });

  const waits: readonly [string | undefined, number | undefined][] = [
    ['0', 0],
    ['120', 120_000],
    ['999999', 999_999_000],
    ['1000000', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['', undefined],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
    [undefined, undefined],
  ];
  for (const [header, expected] of waits) {
    it(`Retry-After ${header ?? 'left out'} › ${expected ?? 'no'} ms`, () => {
      const given = interpretAnswer(answer(429, graph({ code: 130429 }), header));
      assert.equal(given.kind, 'rejected');
      assert.equal(given.retryAfterMs, expected);
    });
  }
});
