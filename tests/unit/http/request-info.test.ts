import assert from 'node:assert/strict';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { clientIpOf, requestInfoOf } from '../../../src/http/request-info.ts';

const request = (headers: IncomingHttpHeaders, remoteAddress = '10.0.0.9'): IncomingMessage =>
  ({ headers, socket: { remoteAddress } }) as unknown as IncomingMessage;

const ipOf = (forwarded: string | undefined, trustedProxies: number, peer?: string): string =>
  clientIpOf(request(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }, peer), trustedProxies);

describe('client address', () => {
  for (const [situation, forwarded, proxies, expected] of [
    ['no proxy trusted: the header is ignored', '6.6.6.6', 0, '10.0.0.9'],
    ['one proxy', '1.2.3.4', 1, '1.2.3.4'],
    ['one proxy, and the caller has lied before it', '6.6.6.6, 1.2.3.4', 1, '1.2.3.4'],
    ['two proxies', '6.6.6.6, 1.2.3.4, 10.0.0.8', 2, '1.2.3.4'],
    ['more proxies trusted than there are', '1.2.3.4', 5, '1.2.3.4'],
    ['a proxy but no header', undefined, 1, '10.0.0.9'],
    ['something that is no address', 'evil.example', 1, '10.0.0.9'],
    ['IPv6', '2001:db8::1', 1, '2001:db8::1'],
    ['IPv4 in IPv6', '::ffff:1.2.3.4', 1, '1.2.3.4'],
  ] as const) {
    it(`${situation} › ${expected}`, () => assert.equal(ipOf(forwarded, proxies), expected));
  }

  it('whatever the caller writes in front › does not change the answer', () => {
    fc.assert(
      fc.property(fc.array(fc.ipV4()), (lies) => {
        assert.equal(ipOf([...lies, '1.2.3.4'].join(', '), 1), '1.2.3.4');
      }),
    );
  });
});

describe('request info', () => {
  it('a sane X-Request-Id › is taken; anything else › is replaced', () => {
    const idOf = (id: string): string => requestInfoOf(request({ 'x-request-id': id }), 0).requestId;
    assert.equal(idOf('req-1._A'), 'req-1._A');
    for (const bad of ['', 'a b', 'x'.repeat(129), 'a\nb', '<script>', 'ä']) {
      assert.match(idOf(bad), /^[0-9a-f-]{36}$/);
    }
  });

  it('cookies › found by name; the first of two counts', () => {
    const info = requestInfoOf(request({ cookie: 'a=1; refreshToken=x.y=z; a=2; broken; =3' }), 0);
    assert.equal(info.cookie('refreshToken'), 'x.y=z');
    assert.equal(info.cookie('a'), '1');
    assert.equal(info.cookie('broken'), undefined);
    assert.equal(info.cookie('toString'), undefined);
  });

  it('the user agent › is cut', () => {
    assert.equal(requestInfoOf(request({ 'user-agent': 'u'.repeat(9_000) }), 0).userAgent.length, 256);
    assert.equal(requestInfoOf(request({}), 0).userAgent, '');
  });
});
