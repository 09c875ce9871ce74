import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { isSignedBy, signBody } from '../../../src/whatsapp/signature.ts';

const key = (text: string) => createSecretKey(Buffer.from(text));
const secret = key('the app secret');
const body = Buffer.from('{"object":"whatsapp_business_account","text":"gr\\u00fc\\u00df ☎"}');
const header = signBody(body, secret);

const flip = (bytes: Buffer, bit: number): Buffer => {
  const changed = Buffer.from(bytes);
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
};

describe('webhook signature', () => {
  it('a known vector › HMAC-SHA256 in lower-case hexadecimal', () => {
    // RFC 4231, test case 2.
    const vector = signBody(Buffer.from('what do ya want for nothing?'), key('Jefe'));
    assert.equal(vector, 'sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
  });

  it('signed by us › accepted, an empty body too', () => {
    assert.equal(isSignedBy(header, body, [secret]), true);
    const empty = Buffer.alloc(0);
    assert.equal(isSignedBy(signBody(empty, secret), empty, [secret]), true);
  });

  it('one bit of the body changed, each in turn › refused', () => {
    for (let bit = 0; bit < body.length * 8; bit += 1) {
      assert.equal(isSignedBy(header, flip(body, bit), [secret]), false, `bit ${bit}`);
    }
  });

  it('one bit of the signature changed, each in turn › refused', () => {
    const signature = Buffer.from(header.slice('sha256='.length), 'hex');
    for (let bit = 0; bit < signature.length * 8; bit += 1) {
      const changed = `sha256=${flip(signature, bit).toString('hex')}`;
      assert.equal(isSignedBy(changed, body, [secret]), false, `bit ${bit}`);
    }
  });

  it('a byte more or less › refused', () => {
    assert.equal(isSignedBy(header, Buffer.concat([body, Buffer.from(' ')]), [secret]), false);
    assert.equal(isSignedBy(header, body.subarray(1), [secret]), false);
  });

  it('the same JSON written anew › refused: the bytes are what is signed', () => {
    const again = Buffer.from(JSON.stringify(JSON.parse(body.toString())));
    assert.notDeepEqual(again, body);
    assert.equal(isSignedBy(header, again, [secret]), false);
  });

  it('several secrets while one is being replaced › any of them', () => {
    assert.equal(isSignedBy(header, body, [key('new'), secret]), true);
    assert.equal(isSignedBy(header, body, [secret, key('new')]), true);
    assert.equal(isSignedBy(header, body, [key('new'), key('newer')]), false);
  });

  it('no secret is set › nothing is accepted', () => {
    assert.equal(isSignedBy(header, body, []), false);
    assert.equal(isSignedBy(signBody(body, key('x')), body, []), false);
  });

  const digits = header.slice('sha256='.length);
  const malformed: readonly (string | undefined)[] = [
    ...[
      undefined,
      '',
      'sha256=',
      digits,
      `sha1=${digits}`,
      `SHA256=${digits}`,
      `sha256=${digits.toUpperCase()}`,
    ],
    ...[`sha256=${digits}0`, `sha256=${digits.slice(1)}`, ` ${header}`, `${header} `, `${header}\n`],
    ...[`${header}, ${header}`, `sha256=${'g'.repeat(64)}`, `sha256=${'0'.repeat(64)}`],
  ];
  for (const given of malformed) {
    it(`the header ${JSON.stringify(given)} › refused without an error`, () => {
      assert.equal(isSignedBy(given, body, [secret]), false);
    });
  }

  it('any bytes and any secret › what one signs only the same accepts', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    const words = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(bytes, words, words, (given, ours, theirs) => {
        const raw = Buffer.from(given);
        const signature = signBody(raw, key(ours));
        assert.equal(isSignedBy(signature, raw, [key(ours)]), true);
        if (ours !== theirs) assert.equal(isSignedBy(signature, raw, [key(theirs)]), false);
      }),
    );
  });

  it('any text as header › never throws and is never accepted', () => {
    fc.assert(fc.property(fc.string(), (text) => assert.equal(isSignedBy(text, body, [secret]), false)));
  });
});
