import type { Types } from 'mongoose';
import type { AuditActor, AuditEventDoc, AuditService } from '../../audit/service.ts';
import type { OperatorRequest } from '../../http/operator-requests.ts';
import type { Actor } from '../../http/route.ts';
import { createCache } from '../../platform/cache.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError, notFound } from '../../platform/errors.ts';
import { newId, newSecret, sha256Hex } from '../../platform/ids.ts';
import type { ListOrder } from '../../platform/listing.ts';
import { type ClientScope, scopeOf } from '../../platform/mongo.ts';
import { type Page, toPage } from '../../platform/pagination.ts';
import type { ClientDirectory } from '../clients/directory.ts';
import type { UserDirectory } from '../users/directory.ts';
import type { OperatorAccessDoc, OperatorAccessRepository } from './repository.ts';

export type { OperatorAccessDoc } from './repository.ts';

export interface OperatorAccessDeps {
  readonly repository: OperatorAccessRepository;
  readonly users: Pick<UserDirectory, 'findByEmailAcrossClients' | 'findById'>;
  readonly clients: Pick<ClientDirectory, 'find'>;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export interface OpenAccess {
  readonly clientId: Types.ObjectId;
  /** Of the operator. */
  readonly email: string;
  readonly reason: string;
  readonly minutes: number;
}

/** Tells the tokens of operators from those of sessions. */
const tokenPrefix = 'op_';
const requestAction = 'operator-access.used';
const maxRequestsShown = 100;

/** An operator who lost the right, or whose access was ended, is refused within a second. */
const stateTtlMs = 900;
const maxStates = 1_000;

const targetOf = (id: Types.ObjectId) => ({ type: 'operator-access', id });

export type OperatorAccesses = ReturnType<typeof createOperatorAccesses>;

/** Lets operators act in a client for a while. The client's admins see each access and its requests, and can end it. */
export function createOperatorAccesses({ repository, users, clients, audit, clock }: OperatorAccessDeps) {
  const states = createCache<Actor | null>({ ttlMs: stateTtlMs, maxEntries: maxStates, clock });
  async function readActor(tokenHash: string): Promise<Actor | null> {
    const access = await repository.findByTokenHashAcrossClients(tokenHash);
    return access === null ? null : actorOfAccess({ users, clock }, access);
  }

  return {
    /** Whether the access of an actor goes on; past every cache. */
    async isLive({ clientId, operatorAccessId }: Actor): Promise<boolean> {
      if (operatorAccessId === undefined) return false;
      const access = await repository.find(scopeOf(clientId), operatorAccessId);
      return access !== null && (await actorOfAccess({ users, clock }, access)) !== null;
    },

    /** Returns the token, which cannot be read again. Throws if there is no such operator or client. */
    async open({
      clientId,
      email,
      reason,
      minutes,
    }: OpenAccess): Promise<{ token: string; expiresAt: Date }> {
      const operator = await users.findByEmailAcrossClients(email);
      if (operator?.status !== 'active' || !operator.isOperator)
        throw new Error(`${email} is not an operator; see \`operator grant\`.`);
      const scope = scopeOf(clientId);
      if ((await clients.find(scope)) === null)
        throw new Error(`There is no client ${clientId.toHexString()}.`);
      const token = `${tokenPrefix}${newSecret()}`;
      const createdAt = clock.now();
      const expiresAt = new Date(createdAt.getTime() + minutes * 60_000);
      const access = {
        _id: newId(),
        operatorId: operator._id,
        operatorClientId: operator.clientId,
        operatorName: operator.name,
        reason,
        tokenHash: sha256Hex(token),
        createdAt,
        expiresAt,
      };
      const by: AuditActor = { type: 'operator', userId: operator._id };
      await audit.audited(scope, by, async (session) => {
        await repository.insert(scope, access, session);
        const after = { operatorName: operator.name, reason, expiresAt };
        const target = targetOf(access._id);
        return { result: null, write: { action: 'operator-access.created', target, before: null, after } };
      });
      return { token, expiresAt };
    },

    /** Undefined if it is no token of an operator; throws `unauthenticated` if its access is over. */
    async actorOf(token: string): Promise<Actor | undefined> {
      if (!token.startsWith(tokenPrefix)) return undefined;
      const tokenHash = sha256Hex(token);
      const actor = await states.get(tokenHash, () => readActor(tokenHash));
      if (actor === null) throw new AppError('unauthenticated', "The operator's access is over.");
      return actor;
    },

    recordRequest: createRecorder(audit),
    ...createReview({ repository, audit, clock, forget: (tokenHash) => states.forget(tokenHash) }),
  };
}

/** Null if the access is over, or the operator has lost the right. */
async function actorOfAccess(
  { users, clock }: Pick<OperatorAccessDeps, 'users' | 'clock'>,
  access: OperatorAccessDoc,
): Promise<Actor | null> {
  if (!isLive(access, clock.now())) return null;
  const operator = await users.findById(scopeOf(access.operatorClientId), access.operatorId);
  if (operator?.status !== 'active' || !operator.isOperator) return null;
  return {
    userId: access.operatorId,
    clientId: access.clientId,
    role: 'admin',
    // Acts in this one client only, and cannot reach others.
    isOperator: false,
    sessionId: access._id.toHexString(),
    operatorAccessId: access._id,
    accessEndsAt: access.expiresAt,
  };
}

/** Records a request of an operator in the client's audit log, before it is handled. */
const createRecorder =
  (audit: AuditService) =>
  async (
    { clientId, userId, operatorAccessId }: Actor,
    { method, route, ids }: OperatorRequest,
  ): Promise<void> => {
    if (operatorAccessId === undefined) return;
    const by: AuditActor = { type: 'operator', userId };
    const target = targetOf(operatorAccessId);
    const after = { method, route, ...ids };
    await audit.audited(scopeOf(clientId), by, async () => ({
      result: null,
      write: { action: requestAction, target, before: null, after },
    }));
  };

interface ReviewDeps extends Pick<OperatorAccessDeps, 'repository' | 'audit' | 'clock'> {
  readonly forget: (tokenHash: string) => void;
}

/** What the admins of the client see and do. */
const createReview = ({ repository, audit, clock, forget }: ReviewDeps) => ({
  async list(
    scope: ClientScope,
    { limit, order }: { limit: number; order: ListOrder<OperatorAccessDoc> },
  ): Promise<Page<OperatorAccessDoc>> {
    return toPage(await repository.list(scope, order, limit + 1), limit, order.cursorOf);
  },

  /** An access with its newest requests; throws `not-found`. */
  async get(
    scope: ClientScope,
    id: Types.ObjectId,
  ): Promise<{ access: OperatorAccessDoc; requests: readonly AuditEventDoc[] }> {
    const access = await repository.find(scope, id);
    if (access === null) throw notFound('operator access');
    const which = { actions: [requestAction], limit: maxRequestsShown };
    return { access, requests: await audit.listOfTarget(scope, id, which) };
  },

  /** Ends an access now; one that is over stays as it is. Throws `not-found`. */
  async end(scope: ClientScope, userId: Types.ObjectId, id: Types.ObjectId): Promise<void> {
    const access = await repository.find(scope, id);
    if (access === null) throw notFound('operator access');
    const endedAt = clock.now();
    await audit.audited(scope, { type: 'user', userId }, async (session) => {
      const isEnded = await repository.end(scope, id, endedAt, session);
      const change = { before: { endedAt: null }, after: { endedAt } };
      const write = { action: 'operator-access.ended', target: targetOf(id), ...change };
      return { result: null, write: isEnded ? write : null };
    });
    forget(access.tokenHash);
  },
});

const isLive = ({ expiresAt, endedAt }: OperatorAccessDoc, now: Date): boolean =>
  endedAt === undefined && expiresAt > now;
