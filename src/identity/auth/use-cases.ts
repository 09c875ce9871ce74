import type { ClientDoc, ClientDirectory, OnClientCreated } from '../clients/directory.ts';
import type { Actor } from '../../http/route.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import { type ClientScope, scopeOf } from '../../platform/mongo.ts';
import type { RunInTransaction } from '../../platform/transaction.ts';
import { emailTaken, type UserDoc, type UserDirectory } from '../users/directory.ts';
import type { MailOutbox } from '../../mail/outbox.ts';
import type { AttemptGuard } from '../attempts/guard.ts';
import { assertStrong } from './new-passwords.ts';
import type { Passwords } from './passwords.ts';
import type { LoginBody, SignupBody } from './schemas.ts';
import type { Caller, IssuedTokens, RefreshCookie, Sessions } from '../sessions/sessions.ts';

export interface AuthUseCaseDeps {
  readonly users: UserDirectory;
  readonly clients: ClientDirectory;
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly guard: AttemptGuard;
  readonly runInTransaction: RunInTransaction;
  readonly onClientCreated: OnClientCreated;
  readonly outbox: MailOutbox;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface SignedIn {
  readonly accessToken: string;
  readonly refreshCookie: RefreshCookie;
  readonly user: UserDoc;
  readonly client: ClientDoc;
}

export type AuthUseCases = ReturnType<typeof createAuthUseCases>;

export function createAuthUseCases(options: AuthUseCaseDeps) {
  const { users, clients, sessions, passwords, guard, runInTransaction, onClientCreated, clock } = options;
  const logger = options.logger.child({ part: 'auth' });

  /** Runs the same query for an unknown account, so that both take the same time. */
  const hasSignedInFrom = (user: UserDoc | null, network: string): Promise<boolean> =>
    sessions.hasSignedInFrom(scopeOf(user?.clientId ?? newId()), user?._id ?? newId(), network);

  return {
    /**
     * Creates a client, its first admin and a session in one transaction, and queues the mail that confirms the address;
     * throws `email-taken`.
     */
    async signUp(body: SignupBody, caller: Caller): Promise<SignedIn> {
      const companyName = body.companyName ?? body.fullName;
      await assertStrong(
        body.password,
        { email: body.email, names: [body.fullName, companyName] },
        'body.password',
      );
      await guard.enter('signup', { account: body.email, network: caller.network });
      if ((await users.findByEmailAcrossClients(body.email)) !== null) throw emailTaken();
      const passwordHash = await passwords.hash(body.password, caller.network);
      const scope = scopeOf(newId());
      const createdAt = clock.now();
      const signedIn = await runInTransaction(async (transaction) => {
        const admin = {
          name: body.fullName,
          email: body.email,
          passwordHash,
          role: 'admin',
          createdAt,
        } as const;
        const user = await users.create(scope, { by: 'themselves', user: admin }, transaction);
        const by = { type: 'user', userId: user._id } as const;
        const fields = { companyName, timezone: body.timezone, createdAt };
        const client = await clients.create(scope, by, fields, transaction);
        await onClientCreated(scope, transaction);
        await options.outbox.add({ kind: 'email-confirmation', email: user.email }, transaction);
        const tokens = await sessions.start(scope, user._id, caller, transaction);
        return { ...tokens, user, client };
      });
      logger.info({ clientId: scope.clientId, userId: signedIn.user._id }, 'client signed up');
      return signedIn;
    },

    /** An unknown address, a wrong password and a disabled account get the same answer after the same time. */
    async logIn({ email, password }: LoginBody, caller: Caller): Promise<SignedIn> {
      const { network } = caller;
      const user = await users.findByEmailAcrossClients(email);
      const isKnownNetwork = () => hasSignedInFrom(user, network);
      const attempt = await guard.enter('login', { account: email, network, isKnownNetwork });
      const isPassword = await passwords.verify(password, user?.passwordHash, network);
      if (user === null || !isPassword || user.status !== 'active') throw invalidCredentials();
      const scope = scopeOf(user.clientId);
      const client = await clients.find(scope);
      if (client === null || !client.isActive) throw invalidCredentials();
      await attempt.succeeded();
      return { ...(await startSession(options, user, caller)), user, client };
    },

    /** Exchanges a refresh token for the next one; throws `unauthenticated`. */
    async refresh(refreshToken: string | undefined, { userAgent, network }: Caller): Promise<SignedIn> {
      const claims = sessions.claimsOf(refreshToken);
      const account = claims === undefined ? {} : { account: claims.sessionId.toHexString() };
      await guard.enter('refresh', { network, ...account });
      const { scope, userId, ...tokens } = await sessions.refresh(claims, userAgent);
      return { ...tokens, ...(await profileOf(options, scope, userId)) };
    },

    /** Ends the session of a refresh token, if there is one. */
    logOut: (refreshToken: string | undefined): Promise<void> =>
      sessions.logOut(sessions.claimsOf(refreshToken)),

    me: (actor: Actor): Promise<Pick<SignedIn, 'user' | 'client'>> =>
      profileOf(options, scopeOf(actor.clientId), actor.userId),
  };
}

/**
 * The password may be reset between its verification and this transaction: either `noteSignIn` detects that, or the
 * reset also ends this session.
 */
const startSession = (
  { users, sessions, runInTransaction, clock }: AuthUseCaseDeps,
  user: UserDoc,
  caller: Caller,
): Promise<IssuedTokens> => {
  const scope = scopeOf(user.clientId);
  return runInTransaction(async (transaction) => {
    if (!(await users.noteSignIn(scope, user, clock.now(), transaction))) throw invalidCredentials();
    return sessions.start(scope, user._id, caller, transaction);
  });
};

async function profileOf(
  { users, clients }: AuthUseCaseDeps,
  scope: ClientScope,
  userId: UserDoc['_id'],
): Promise<Pick<SignedIn, 'user' | 'client'>> {
  const [user, client] = await Promise.all([users.findById(scope, userId), clients.find(scope)]);
  if (user === null || client === null)
    throw new AppError('unauthenticated', 'The account no longer exists.');
  return { user, client };
}

const invalidCredentials = (): AppError =>
  new AppError('invalid-credentials', 'The e-mail address or the password is wrong.');
