import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { createCipher, type SealedSecret } from '../../../src/platform/cipher.ts';

const key = randomBytes(32);
const cipher = createCipher(key);

const flipped = (text: string): string => {
  const bytes = Buffer.from(text, 'base64');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return bytes.toString('base64');
};

describe('cipher', () => {
  it('any secret in any context › opened again, and never the same twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (plain, context) => {
        const sealed = cipher.seal(plain, context);
        assert.equal(cipher.open(sealed, context), Buffer.from(plain).toString());
        assert.notEqual(cipher.seal(plain, context).iv, sealed.iv);
      }),
    );
  });

  it('sealed › shows nothing of the secret', () => {
    assert.ok(!JSON.stringify(cipher.seal('EAAG-the-token', 'channel')).includes('EAAG'));
  });

  it('moved to another record › refused', () => {
    const sealed = cipher.seal('token', 'channel-1');
    assert.throws(() => cipher.open(sealed, 'channel-2'));
  });

  it('any part changed › refused', () => {
    const sealed = cipher.seal('token', 'channel');
    for (const part of ['iv', 'tag', 'data'] as const) {
      const changed: SealedSecret = { ...sealed, [part]: flipped(sealed[part]) };
      assert.throws(() => cipher.open(changed, 'channel'), part);
    }
  });

  it('a tag that was cut short, to be guessed more easily › refused', () => {
    const sealed = cipher.seal('token', 'channel');
    for (const length of [0, 4, 8, 12, 15]) {
      const tag = Buffer.from(sealed.tag, 'base64').subarray(0, length).toString('base64');
      assert.throws(() => cipher.open({ ...sealed, tag }, 'channel'), `${length} bytes`);
    }
  });

  it('another key › refused; another key id › named in the error', () => {
    const sealed = cipher.seal('token', 'channel');
    assert.throws(() => createCipher(randomBytes(32)).open(sealed, 'channel'));
    assert.throws(
      () => createCipher(key, 'k2').open(sealed, 'channel'),
      /sealed by key k1; CREDENTIALS_KEY is k2/,
    );
  });
});
