import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { Types } from 'mongoose';
import { createFixedClock } from '../../../../src/platform/clock.ts';
import { AppError } from '../../../../src/platform/errors.ts';
import { createTokens, type RefreshClaims } from '../../../../src/identity/sessions/tokens.ts';
import { testConfig } from '../../../support/config.ts';

const start = new Date('2026-11-23T09:00:00.000Z');
const clock = createFixedClock(start);
const config = testConfig().auth;
const tokens = createTokens({ config, clock });
const ourSecret = config.accessTokenSecret.reveal();

const claims: RefreshClaims = {
  userId: new Types.ObjectId(),
  clientId: new Types.ObjectId(),
  sessionId: new Types.ObjectId(),
  tokenId: 'r'.repeat(43),
};
const times = { issuedAt: start, expiresAt: new Date(start.getTime() + 3_600_000) };
const payload = {
  sub: claims.userId.toHexString(),
  cid: claims.clientId.toHexString(),
  sid: claims.sessionId.toHexString(),
  iss: 'whatsapp-crm',
  aud: 'whatsapp-crm-api',
  iat: start.getTime() / 1_000,
  exp: start.getTime() / 1_000 + 600,
};

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signed by hand: the library would refuse to create most of these. */
const forge = (
  changes: object,
  header: { alg?: string; typ?: string } = {},
  secret: string = ourSecret,
): string => {
  const signed = `${encode({ alg: 'HS256', typ: 'at+jwt', ...header })}.${encode({ ...payload, ...changes })}`;
  const hash = header.alg === 'HS512' ? 'sha512' : 'sha256';
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`;
};

const isRefused = (token: string): boolean => {
  try {
    tokens.verifyAccess(token);
    return false;
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'unauthenticated');
    return true;
  }
};

describe('access token', () => {
  it('a valid one › names user, client and session', () => {
    assert.deepEqual(tokens.verifyAccess(tokens.issue(claims, times).accessToken), {
      userId: claims.userId,
      clientId: claims.clientId,
      sessionId: claims.sessionId,
      expiresAt: new Date('2026-11-23T09:15:00.000Z'),
    });
    assert.equal(isRefused(forge({})), false, 'the forgeries below differ from this one by one thing each');
  });

  const refused: Record<string, string> = {
    'another key': forge({}, {}, 'of somebody else, and long enough for HS256'),
    'another audience': forge({ aud: 'whatsapp-crm-refresh' }),
    'no audience': forge({ aud: undefined }),
    'another issuer': forge({ iss: 'somebody' }),
    'another type in the header': forge({}, { typ: 'rt+jwt' }),
    'the plain type': forge({}, { typ: 'JWT' }),
    'another algorithm': forge({}, { alg: 'HS512' }),
    'no algorithm': `${encode({ alg: 'none', typ: 'at+jwt' })}.${encode(payload)}.`,
    'no session': forge({ sid: undefined }),
    'an object as session': forge({ sid: { $ne: '' } }),
    'a user id that is none': forge({ sub: 'admin' }),
    'no end': forge({ exp: undefined }),
    'an end that has passed': forge({ exp: payload.iat - 1 }),
    'an end right now': forge({ exp: payload.iat }),
    'a refresh token': tokens.issue(claims, times).refreshCookie.value,
    'no token at all': 'nonsense',
    'an empty text': '',
  };
  for (const [situation, token] of Object.entries(refused)) {
    it(`${situation} › is refused`, () => assert.ok(isRefused(token)));
  }

  it('its life › ends after the configured time, to the second', () => {
    const moving = createFixedClock(start);
    const own = createTokens({ config, clock: moving });
    const { accessToken } = own.issue(claims, times);
    moving.advance(config.accessTokenTtlMs - 1_000);
    own.verifyAccess(accessToken);
    moving.advance(1_000);
    assert.throws(() => own.verifyAccess(accessToken), AppError);
  });

  it('every single changed character of the signature part › is refused', () => {
    const token = forge({});
    const from = token.lastIndexOf('.') + 1;
    // The last character has unused bits, so changing it may leave the signature unchanged.
    for (let index = from; index < token.length - 1; index += 1) {
      const other = token[index] === 'A' ? 'B' : 'A';
      assert.ok(isRefused(token.slice(0, index) + other + token.slice(index + 1)), `position ${index}`);
    }
  });
});

describe('refresh token', () => {
  it('a valid one › parsed completely; the same claims and times › the same text', () => {
    const first = tokens.issue(claims, times).refreshCookie;
    assert.deepEqual(tokens.readRefresh(first.value), claims);
    assert.equal(tokens.issue(claims, times).refreshCookie.value, first.value);
    assert.equal(first.maxAgeMs, 3_600_000);
  });

  it('an access token › refused', () => {
    assert.equal(tokens.readRefresh(tokens.issue(claims, times).accessToken), undefined);
  });

  it("a child's id › derives from its parent, only with the product’s key", () => {
    const child = tokens.childTokenId(claims.tokenId);
    assert.equal(tokens.childTokenId(claims.tokenId), child);
    assert.notEqual(tokens.childTokenId(child), child);
    assert.notEqual(createTokens({ config: testConfig().auth, clock }).childTokenId(claims.tokenId), child);
  });
});
