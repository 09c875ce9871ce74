import assert from 'node:assert/strict';
import { createOwnOrigins } from '../../../src/http/own-origins.ts';

const settings = { publicUrl: 'http://localhost:4000', corsOrigins: ['https://app.test'] };

describe('own pages', () => {
  const inDevelopment = createOwnOrigins({ ...settings, allowsLocalPages: true });
  const inProduction = createOwnOrigins({ ...settings, allowsLocalPages: false });

  for (const [origin, host] of [
    ['http://localhost:3000', 'localhost:4000'],
    ['http://localhost:5173', 'LOCALHOST:4000'],
    ['http://localhost', 'localhost:4000'],
    ['http://127.0.0.1:3000', '127.0.0.1:4000'],
    ['http://[::1]:3000', '[::1]:4000'],
  ] as const)
    it(`a page of this machine, ${origin} to ${host} › allowed in development only`, () => {
      assert.deepEqual([inDevelopment(origin, host), inProduction(origin, host)], [true, false]);
    });

  for (const [origin, host] of [
    ['http://127.0.0.1:3000', 'localhost:4000'],
    ['http://localhost:3000', '127.0.0.1:4000'],
    ['http://localhost:3000', undefined],
    ['http://localhost:3000', 'api.test'],
    ['https://localhost:3000', 'localhost:4000'],
    ['http://localhost.evil.test', 'localhost:4000'],
    ['http://evil.test', 'evil.test'],
    ['http://localhost:3000/path', 'localhost:4000'],
    ['null', 'localhost:4000'],
    ['', 'localhost:4000'],
  ] as const)
    it(`a page of another site, ${origin} to ${host} › refused in development too`, () => {
      assert.equal(inDevelopment(origin, host), false);
    });

  it('named origins › allowed everywhere, whatever the host', () => {
    for (const isOwn of [inDevelopment, inProduction])
      for (const origin of ['https://app.test', 'http://localhost:4000'])
        assert.equal(isOwn(origin, undefined), true);
  });
});
