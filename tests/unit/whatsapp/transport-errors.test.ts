import assert from 'node:assert/strict';
import fc from 'fast-check';
import { explainTransport, isNotReached } from '../../../src/whatsapp/transport-errors.ts';

describe('why a call to the provider got no answer', () => {
  for (const [said, reason] of [
    ['UND_ERR_SOCKET', 'the connection closed before an answer'],
    ['UND_ERR_HEADERS_TIMEOUT', 'no answer came in time'],
    ['ECONNREFUSED', 'the connection was refused'],
    ['HPE_INVALID_CONSTANT', 'the answer was not HTTP'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'no trusted TLS connection came about'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'no trusted TLS connection came about'],
    ['ESOMETHING_NEW', 'the connection failed'],
  ] as const)
    it(`${said} › ${reason}, with the code beside`, () =>
      assert.deepEqual(explainTransport(said), { reason, code: said }));

  for (const said of ['the worker was lost during the call', 'HTTP 502 without a body of the Graph API'])
    it(`${said} › stays as it is`, () => assert.deepEqual(explainTransport(said), { reason: said }));

  it('any name of an error › never stands in the words', () =>
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Z][A-Z0-9]{1,8}(_[A-Z0-9]{1,8}){0,3}$/), (name) => {
        const { reason, code } = explainTransport(name);
        assert.equal(code, name);
        assert.match(reason, /^[a-z]+( [A-Za-z]+)+$/);
      }),
    ));

  it('only failures before the first byte › are no call', () => {
    assert.deepEqual(
      ['ECONNREFUSED', 'BEGUN_TOO_LATE', 'ECONNRESET', 'UND_ERR_SOCKET', 'ETIMEDOUT', 'ESOMETHING_NEW'].map(
        isNotReached,
      ),
      [true, true, false, false, false, false],
    );
  });
});
