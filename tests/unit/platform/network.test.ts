import assert from 'node:assert/strict';
import fc from 'fast-check';
import { blockOf, networkOf } from '../../../src/platform/network.ts';

describe('network', () => {
  for (const [ip, expected] of [
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:ffff:cb00:7107', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', 'unknown'],
    ['evil.example', 'unknown'],
    ['203.0.113.7:80', 'unknown'],
  ] as const) {
    it(`${ip === '' ? 'no address' : ip} › ${expected}`, () => assert.equal(networkOf(ip), expected));
  }

  for (const [ip, expected] of [
    ['203.0.113.7', '203.0.113.0/24'],
    ['::ffff:203.0.113.7', '203.0.113.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['2001:db8::1', '2001:db8:0::/48'],
    ['', 'unknown'],
  ] as const) {
    it(`the block around ${ip === '' ? 'no address' : ip} › ${expected}`, () =>
      assert.equal(blockOf(networkOf(ip)), expected));
  }

  it('two addresses of one /64 › are one caller; of two › are two', () => {
    const group = fc.nat(0xffff).map((value) => value.toString(16));
    const half = fc.tuple(group, group, group, group).map((groups) => groups.join(':'));
    fc.assert(
      fc.property(half, half, half, half, (prefix, otherPrefix, one, two) => {
        fc.pre(prefix !== '0:0:0:0' && otherPrefix !== '0:0:0:0');
        assert.equal(networkOf(`${prefix}:${one}`), networkOf(`${prefix}:${two}`));
        assert.equal(
          networkOf(`${prefix}:${one}`) === networkOf(`${otherPrefix}:${one}`),
          prefix === otherPrefix,
        );
      }),
    );
  });

  it('every IPv4 address › is itself, in whatever spelling', () => {
    fc.assert(fc.property(fc.ipV4(), (ip) => assert.equal(networkOf(`::ffff:${ip}`), ip)));
  });
});
