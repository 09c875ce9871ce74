import type { Connection } from 'mongoose';
import { createPasswords } from '../../src/auth/passwords.ts';
import { authRoutes } from '../../src/auth/routes.ts';
import { createAuthService, type OnClientCreated } from '../../src/auth/service.ts';
import { clientModel } from '../../src/clients/model.ts';
import { createClientRepository } from '../../src/clients/repository.ts';
import { clientRoutes } from '../../src/clients/routes.ts';
import { createClientService } from '../../src/clients/service.ts';
import { createAuthenticate } from '../../src/http/authenticate.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import type { Config } from '../../src/platform/config.ts';
import { newSecret } from '../../src/platform/ids.ts';
import { createTransactions } from '../../src/platform/transaction.ts';
import { refreshTokenModel, sessionModel } from '../../src/sessions/model.ts';
import { createSessionRepository } from '../../src/sessions/repository.ts';
import { createSessionService } from '../../src/sessions/service.ts';
import { createTokens } from '../../src/sessions/tokens.ts';
import { userModel } from '../../src/users/model.ts';
import { createUserRepository } from '../../src/users/repository.ts';
import { createUserService } from '../../src/users/service.ts';
import { type Answer, call, type RunningServer, serve } from './http.ts';
import { testConfig } from './config.ts';
import { captureLog } from './logger.ts';

export const authModels = [userModel, clientModel, sessionModel, refreshTokenModel];

export interface AuthServerOptions {
  readonly connection: Connection;
  readonly clock?: Clock;
  readonly onClientCreated?: OnClientCreated;
  readonly config?: Config;
}

export interface AuthServer extends RunningServer {
  readonly config: Config;
  close(): Promise<void>;
}

/** The real sign-in behind a real server, with only the clock in the test's hand. */
export async function serveAuth({
  connection,
  clock = systemClock,
  onClientCreated = async () => undefined,
  config = testConfig({ PUBLIC_URL: 'http://crm.test' }),
}: AuthServerOptions): Promise<AuthServer> {
  const log = captureLog();
  const users = createUserService({ users: createUserRepository(connection) });
  const clients = createClientService({ clients: createClientRepository(connection) });
  const tokens = createTokens({ config: config.auth, clock });
  const sessions = createSessionService({
    repository: createSessionRepository(connection),
    users,
    clients,
    tokens,
    config: config.auth,
    clock,
    logger: log.logger,
  });
  const passwords = createPasswords({ cost: 4 });
  const runInTransaction = createTransactions(connection);
  const auth = createAuthService({
    users,
    clients,
    sessions,
    passwords,
    runInTransaction,
    onClientCreated,
    clock,
    logger: log.logger,
  });
  const running = await serve({
    routes: [...authRoutes({ auth }), ...clientRoutes({ clients })],
    authenticate: createAuthenticate(sessions.actorOf),
    config: config.http,
    logger: log.logger,
  });
  return {
    ...running,
    log,
    config,
    async close() {
      await running.server.close({ graceMs: 100 });
      await passwords.close();
    },
  };
}

export const password = 'Secret123!';

export const newEmail = (): string => `user-${newSecret(6).toLowerCase()}@example.com`;

/** Signs a fresh client up. */
export const signUp = (url: string, fields: Readonly<Record<string, unknown>> = {}): Promise<Answer> =>
  call(`${url}/api/auth/signup`, {
    json: { fullName: 'Jane Doe', email: newEmail(), password, agreeToTerms: true, ...fields },
  });

/** `refreshToken=…` of an answer, as a browser sends it back. */
export const refreshCookieOf = ({ headers }: Answer): string => {
  const cookie = headers.getSetCookie().find((entry) => entry.startsWith('refreshToken='));
  return cookie?.split(';')[0] ?? '';
};

export const refresh = (url: string, cookie: string, headers: Record<string, string> = {}): Promise<Answer> =>
  call(`${url}/api/auth/refresh`, { method: 'POST', cookie, headers });
