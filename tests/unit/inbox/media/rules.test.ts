import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createFixedClock } from '../../../../src/platform/clock.ts';
import { newId } from '../../../../src/platform/ids.ts';
import { Secret } from '../../../../src/platform/secret.ts';
import { keyOf } from '../../../../src/storage/rules.ts';
import { assertKey } from '../../../../src/storage/storage.ts';
import { hashOf, isFileAddress } from '../../../../src/whatsapp/media-api.ts';
import {
  hasPicture,
  kindRuleOf,
  maxFileBytes,
  sendableTypes,
  servedTypeOf,
  typeByContent,
} from '../../../../src/inbox/media/kinds.ts';
import { createFileLinks } from '../../../../src/inbox/media/links.ts';
import {
  fetchByOf,
  isCopyFresh,
  judgeFailure,
  judgeMismatch,
  maxMismatches,
  thumbnailKeyOf,
} from '../../../../src/inbox/media/rules.ts';
import { contentDisposition, namesETag, parseRange } from '../../../../src/inbox/media/serving.ts';
import { createShares } from '../../../../src/platform/shares.ts';

const dayMs = 24 * 3_600_000;
const refusal = (code: number, more: object = {}) => ({
  kind: 'refused' as const,
  error: { code, httpStatus: 400, title: 'No', detail: '' },
  ...more,
});

describe('files › after a failed attempt', () => {
  it('nearly everything › is tried again; what the provider itself lacks is not', () => {
    for (const code of [0, 2, 4, 100, 190, 368, 404, 500, 131_000, 80_007])
      assert.equal(judgeFailure(refusal(code)).kind, 'again', String(code));
    assert.equal(judgeFailure({ kind: 'away', reason: 'ECONNRESET' }).kind, 'again');
    const lost = judgeFailure(refusal(131_052));
    assert.deepEqual([lost.kind, lost.kind === 'settle' && lost.state], ['settle', 'failed']);
  });

  it('Retry-After › is kept, but never over an hour', () => {
    const delayOf = (retryAfterMs: number) => {
      const verdict = judgeFailure(refusal(4, { retryAfterMs }));
      return verdict.kind === 'again' ? verdict.delayMs : undefined;
    };
    assert.equal(delayOf(5_000), 5_000);
    assert.equal(delayOf(7 * dayMs), 3_600_000);
  });

  it('other bytes than the hash › the third time is the last', () => {
    const kinds = [1, 2, 3, 4].map((count) => judgeMismatch(count).kind);
    assert.deepEqual(kinds, ['again', 'again', 'settle', 'settle']);
    assert.equal(maxMismatches, 3);
  });

  it('a copy › lives 29 days, a refusal ten minutes; a file is fetched for seven days', () => {
    const at = new Date('2026-11-01T00:00:00Z');
    const after = (ms: number) => new Date(at.getTime() + ms);
    assert.ok(isCopyFresh({ mediaId: '1', at }, after(29 * dayMs - 1)));
    assert.ok(!isCopyFresh({ mediaId: '1', at }, after(29 * dayMs)));
    assert.ok(isCopyFresh({ at }, after(599_999)));
    assert.ok(!isCopyFresh({ at }, after(600_000)));
    assert.equal(fetchByOf(at).getTime(), after(7 * dayMs).getTime());
  });
});

describe('files › keys', () => {
  it('of any file › are accepted by the storage, and nothing else is', () => {
    const [client, file] = [newId().toHexString(), newId().toHexString()];
    assertKey(keyOf(client, file));
    assertKey(thumbnailKeyOf(client, file));
    for (const key of ['', 'a', `${client}/../${file}`, `${client}/aa/${file}/x`, `/${keyOf(client, file)}`])
      assert.throws(() => assertKey(key), /another form/, key);
  });
});

describe('files › types', () => {
  it('the content decides; a claim only between types that it allows', () => {
    const typed = (sniffed: string | undefined, claims: object = {}, isText = false) =>
      typeByContent({ sniffed, isText }, claims);
    assert.equal(typed('audio/ogg; codecs=opus', { mimeType: 'image/png' }), 'audio/ogg');
    assert.equal(typed('audio/x-m4a'), 'audio/mp4');
    assert.equal(typed('application/x-cfb', { filename: 'a.XLS' }), 'application/vnd.ms-excel');
    assert.equal(typed('application/x-cfb', { filename: 'a.exe' }), 'application/x-cfb');
    assert.equal(typed(undefined, { mimeType: 'text/plain; charset=utf-8' }, true), 'text/plain');
    assert.equal(typed(undefined, { filename: 'a.txt' }, true), 'text/plain');
    assert.equal(typed(undefined, { mimeType: 'text/html', filename: 'a.txt' }, true), undefined);
    assert.equal(typed(undefined, { mimeType: 'text/plain' }, false), undefined);
  });

  it('each type that can be sent › has a kind, a bound within 100 MiB and a plain extension', () => {
    assert.ok(sendableTypes.length >= 18);
    for (const type of sendableTypes) {
      const rule = kindRuleOf(type);
      assert.ok(rule !== null && rule.maxBytes <= maxFileBytes, type);
      assert.match(rule.extension, /^[a-z0-9]{2,5}$/);
    }
    assert.equal(kindRuleOf('image/svg+xml'), null);
    assert.equal(hasPicture('image/svg+xml'), false);
  });

  it('served › never a type that could run, or of another family than declared', () => {
    assert.equal(servedTypeOf('image/png', 'image/jpeg'), 'image/png');
    assert.equal(servedTypeOf('image/png', undefined), 'image/png');
    assert.equal(servedTypeOf('image/png', 'application/pdf'), 'application/octet-stream');
    const types = fc.oneof(
      fc.constantFrom(
        'text/html',
        'image/svg+xml',
        'application/xml',
        'text/javascript',
        'application/xhtml+xml',
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(types, fc.option(types, { nil: undefined }), (mimeType, declared) => {
        assert.equal(servedTypeOf(mimeType, declared), 'application/octet-stream');
      }),
    );
  });
});

describe('files › ranges', () => {
  it('any header › the whole file, or a part that lies within it', () => {
    const header = fc.oneof(
      fc.string(),
      fc.tuple(fc.nat(2_000), fc.nat(2_000)).map(([a, b]) => `bytes=${a}-${b}`),
      fc.nat(2_000).map((a) => `bytes=${a}-`),
      fc.nat(2_000).map((a) => `bytes=-${a}`),
    );
    fc.assert(
      fc.property(
        fc.option(header, { nil: undefined }),
        fc.integer({ min: 0, max: 1_000 }),
        (text, bytes) => {
          const part = parseRange(text, bytes);
          if (part === null) return;
          assert.ok(part.start >= 0 && part.start <= part.end && part.end < bytes);
        },
      ),
    );
  });

  for (const [text, expected] of [
    ['bytes=0-9', { start: 0, end: 9 }],
    ['bytes=90-', { start: 90, end: 99 }],
    ['bytes=-10', { start: 90, end: 99 }],
    ['bytes=-200', { start: 0, end: 99 }],
    ['bytes=95-200', { start: 95, end: 99 }],
    ['bytes=100-', null],
    ['bytes=-0', null],
    ['bytes=9-1', null],
    ['bytes=0-1,5-6', null],
    ['items=0-1', null],
  ] as const)
    it(`${text} of 100 bytes › ${JSON.stringify(expected)}`, () =>
      assert.deepEqual(parseRange(text, 100), expected));

  it('ETags › in a list, weak, or any', () => {
    assert.ok(namesETag('"a", W/"b"', '"b"'));
    assert.ok(namesETag('*', '"b"'));
    assert.ok(!namesETag('"a"', '"b"'));
    assert.ok(!namesETag(undefined, '"b"'));
  });

  it('the name of a file › never ends the header, and never leaves its folder', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (name) => {
        const header = contentDisposition(name);
        assert.match(header, /^attachment; filename="[^"\\\r\n/]+"; filename\*=UTF-8''[\w.~!%-]+$/);
        assert.doesNotMatch(decodeURIComponent(header.split("''")[1] ?? ''), /^\.|[/\\]/);
      }),
    );
    assert.match(
      contentDisposition('Größe.pdf'),
      /filename="Gr__e\.pdf"; filename\*=UTF-8''Gr%C3%B6%C3%9Fe\.pdf/,
    );
  });
});

describe('files › links', () => {
  const link = { clientId: newId(), fileId: newId(), variant: 'thumbnail' } as const;

  it('a link › leads to its file for five minutes, and not a moment longer', () => {
    const clock = createFixedClock(new Date('2026-11-01T00:00:00Z'));
    const links = createFileLinks({ key: new Secret('k'), clock });
    const token = links.tokenOf(link, links.expiresAt());
    clock.advance(299_999);
    assert.deepEqual(links.read(token), link);
    clock.advance(1);
    assert.equal(links.read(token), null);
  });

  it('any changed byte, another key, anything made up › leads nowhere', () => {
    const clock = createFixedClock(new Date('2026-11-01T00:00:00Z'));
    const links = createFileLinks({ key: new Secret('k'), clock });
    const token = Buffer.from(links.tokenOf(link, links.expiresAt()), 'base64url');
    fc.assert(
      fc.property(fc.nat(token.byteLength - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(token);
        damaged[at] = (damaged[at] ?? 0) ^ change;
        assert.equal(links.read(damaged.toString('base64url')), null);
      }),
    );
    fc.assert(fc.property(fc.base64String(), (made) => assert.equal(links.read(made), null)));
    const others = createFileLinks({ key: new Secret('other'), clock });
    assert.equal(others.read(token.toString('base64url')), null);
  });
});

describe('files › where the access token goes', () => {
  const api = new URL('https://graph.facebook.com');
  const hosts = ['fbsbx.com', 'whatsapp.net'];

  for (const url of [
    'https://graph.facebook.com/x',
    'https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1',
    'https://mmg.whatsapp.net/d/f/1',
  ])
    it(`${url} › goes there`, () => assert.ok(isFileAddress(url, api, hosts)));

  for (const url of [
    'http://lookaside.fbsbx.com/x',
    'https://fbsbx.com.evil.example/x',
    'https://evilfbsbx.com/x',
    'https://user@lookaside.fbsbx.com/x',
    'https://169.254.169.254/latest',
    'http://127.0.0.1:27017/',
    'file:///etc/passwd',
    'not a url',
  ])
    it(`${url} › never`, () => assert.ok(!isFileAddress(url, api, hosts)));

  it('a hash in hexadecimal or base64 › the same text', () => {
    const hex = 'ab'.repeat(32);
    assert.equal(hashOf(hex.toUpperCase()), hex);
    assert.equal(hashOf(Buffer.from(hex, 'hex').toString('base64')), hex);
    assert.equal(hashOf('short'), null);
  });
});

describe('files › places of a client', () => {
  it('a busy client › gets no more than its share; others are not touched', () => {
    const shares = createShares(2);
    const [first, second] = [shares.take('a'), shares.take('a')];
    assert.ok(first !== null && second !== null);
    assert.equal(shares.take('a'), null);
    assert.ok(shares.take('b') !== null);
    first();
    assert.ok(shares.take('a') !== null);
    assert.equal(shares.take('a'), null);
  });
});
