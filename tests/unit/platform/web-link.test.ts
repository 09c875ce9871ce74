import assert from 'node:assert/strict';
import { hasIpHost } from '../../../src/platform/web-link.ts';

describe('links to IP addresses', () => {
  const addresses = [
    ...['http://203.0.113.7', 'https://203.0.113.7:8443/a?b=c', 'https://user@203.0.113.7/'],
    ...['http://3405803783/', 'http://0xcb.0.0x71.7/', 'http://127.1/', 'https://[2001:db8::1]/a'],
  ];
  for (const url of addresses) it(`${url} › is one`, () => assert.ok(hasIpHost(url)));

  const names = [
    ...['https://example.com/203.0.113.7', 'https://203.0.113.7.example.com', 'https://1.example.com'],
    ...['https://localhost/', 'no address', ''],
  ];
  for (const url of names) it(`${JSON.stringify(url)} › is none`, () => assert.ok(!hasIpHost(url)));
});
