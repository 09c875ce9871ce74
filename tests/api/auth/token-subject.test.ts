import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { createFixedClock } from '../../../src/platform/clock.ts';
import { createTokens, type RefreshClaims } from '../../../src/identity/sessions/tokens.ts';
import {
  type AuthServer,
  authModels,
  refresh,
  refreshCookieOf,
  serveAuth,
  signUp,
} from '../../support/auth.ts';
import { type Answer, call } from '../../support/http.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';

describe('a token of another subject', () => {
  let database: TestDatabase;
  let server: AuthServer;
  const clock = createFixedClock(new Date('2026-11-23T09:00:00.000Z'));

  before(async () => {
    database = await connectTestDatabase('token-subject', authModels);
    server = await serveAuth({ connection: database.connection, clock });
  });
  after(async () => {
    await server.close();
    await database.close();
  });

  const claimsOf = (token: string): RefreshClaims => {
    const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      string
    >;
    const id = (name: string) => new Types.ObjectId(payload[name]);
    return { userId: id('sub'), clientId: id('cid'), sessionId: id('sid'), tokenId: payload['jti'] ?? '' };
  };
  const accessOf = ({ body }: Answer): string => String(body['accessToken']);
  /** Signed with the real key: only the look-up stands between such a token and the other account. */
  const signed = (claims: RefreshClaims) =>
    createTokens({ config: server.config.auth, clock }).issue(claims, {
      issuedAt: clock.now(),
      expiresAt: new Date(clock.now().getTime() + 60_000),
    });
  const me = (token: string) => call(`${server.url}/api/auth/me`, { token });

  it('access token › session of a remembered user, other user or client in the token › 401', async () => {
    const [owner, other] = [await signUp(server.url), await signUp(server.url)];
    const [own, foreign] = [claimsOf(accessOf(owner)), claimsOf(accessOf(other))];
    const forgeries = [
      { ...own, userId: foreign.userId },
      { ...own, userId: foreign.userId, clientId: foreign.clientId },
      { ...own, clientId: foreign.clientId },
      { ...own, userId: new Types.ObjectId() },
    ];
    for (const forged of forgeries) {
      assert.equal((await me(accessOf(owner))).status, 200, 'the session is remembered');
      assert.equal((await me(signed(forged).accessToken)).status, 401);
    }
    assert.equal((await me(accessOf(owner))).status, 200, 'a forged token does not lock out the owner');
  });

  it('refresh token › of one session, another user or session in the token › 401, the session goes on', async () => {
    const [owner, other] = [await signUp(server.url), await signUp(server.url)];
    const cookie = refreshCookieOf(owner);
    const own = claimsOf(cookie.split('=')[1] ?? '');
    const foreign = claimsOf(refreshCookieOf(other).split('=')[1] ?? '');
    for (const forged of [
      { ...own, userId: foreign.userId },
      { ...own, sessionId: foreign.sessionId },
    ]) {
      const { value } = signed(forged).refreshCookie;
      assert.equal((await refresh(server.url, `refreshToken=${value}`)).status, 401);
    }
    assert.equal((await refresh(server.url, cookie)).status, 200);
  });
});
