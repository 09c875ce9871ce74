import type { Connection } from 'mongoose';
import { auditEventModel } from '../../src/audit/model.ts';
import { createPasswords } from '../../src/identity/auth/passwords.ts';
import { buildClients, buildIdentity } from '../../src/identity/build.ts';
import type { OnClientCreated } from '../../src/identity/clients/directory.ts';
import { clientModel } from '../../src/identity/clients/model.ts';
import { rateLimitModel } from '../../src/identity/attempts/model.ts';
import { buildMail } from '../../src/mail/build.ts';
import { outboxEventModel } from '../../src/events/model.ts';
import { outboxMailModel } from '../../src/mail/model.ts';
import { emailConfirmationModel } from '../../src/identity/email-confirmations/model.ts';
import { emailChangeLinkModel } from '../../src/identity/email-changes/model.ts';
import { passwordLinkModel } from '../../src/identity/password-links/model.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import type { Config } from '../../src/app/config.ts';
import { buildRecords } from '../../src/app/events.ts';
import { newSecret } from '../../src/platform/ids.ts';
import { createCrmMetrics } from '../../src/app/instruments.ts';
import { startLoops } from '../../src/platform/loop.ts';
import { refreshTokenModel, sessionModel } from '../../src/identity/sessions/model.ts';
import { userModel } from '../../src/identity/users/model.ts';
import { type Answer, call, type RunningServer, serve } from './http.ts';
import { testConfig } from './config.ts';
import { captureLog } from './logger.ts';

export const authModels = [
  userModel,
  clientModel,
  sessionModel,
  refreshTokenModel,
  auditEventModel,
  outboxEventModel,
  outboxMailModel,
  passwordLinkModel,
  emailConfirmationModel,
  emailChangeLinkModel,
  rateLimitModel,
];

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

/** The real sign-in behind a real server; the test controls only the clock. */
export async function serveAuth({
  connection,
  clock = systemClock,
  onClientCreated = async () => undefined,
  config = testConfig({ PUBLIC_URL: 'http://crm.test' }),
}: AuthServerOptions): Promise<AuthServer> {
  const log = captureLog();
  const passwords = createPasswords({ cost: 4 });
  const { logger } = log;
  const mail = buildMail({
    ...{ mongo: connection, config: config.mail, clock, logger },
    metrics: createCrmMetrics('api'),
  });
  const { audit } = buildRecords({ mongo: connection, clock });
  const identity = buildIdentity({
    config: config.auth,
    mail: config.mail,
    outbox: mail.outbox,
    mongo: connection,
    clients: buildClients({ mongo: connection, audit }),
    audit,
    passwords,
    onClientCreated,
    membersOfTeam: async () => null,
    clock,
    logger,
  });
  const loops = startLoops(mail.loops(identity.writeLetter), logger);
  const running = await serve({
    routes: identity.routes,
    authenticate: identity.authenticate,
    config: config.http,
    logger,
  });
  return {
    ...running,
    log,
    config,
    async close() {
      await running.server.close({ graceMs: 100 });
      await loops.stop();
      mail.close();
      await passwords.close();
    },
  };
}

export const password = 'Seven-otters-like-tea';

export const newEmail = (): string => `user-${newSecret(6).toLowerCase()}@example.com`;

/** Signs up a new client. */
export const signUp = (
  url: string,
  fields: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> =>
  call(`${url}/api/auth/signup`, {
    json: { fullName: 'Jane Doe', email: newEmail(), password, agreeToTerms: true, ...fields },
    headers,
  });

/** `refreshToken=…` from an answer, as a browser sends it back. */
export const refreshCookieOf = ({ headers }: Answer): string => {
  const cookie = headers.getSetCookie().find((entry) => entry.startsWith('refreshToken='));
  return cookie?.split(';')[0] ?? '';
};

export const refresh = (url: string, cookie: string, headers: Record<string, string> = {}): Promise<Answer> =>
  call(`${url}/api/auth/refresh`, { method: 'POST', cookie, headers });
