import type { ClientSession, Types } from 'mongoose';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import type { Actor } from '../../http/route.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError, notFound } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import type { ListOrder } from '../../platform/listing.ts';
import { type ClientScope, scopeOf } from '../../platform/mongo.ts';
import { type Page, toPage } from '../../platform/pagination.ts';
import { differing } from '../../platform/update.ts';
import type { SessionService } from '../sessions/service.ts';
import type { UserManagement } from '../users/management.ts';
import { emailTaken, type UserDoc, type UserService } from '../users/service.ts';
import type { ClientRepository } from './repository.ts';
import type { CreateClientBody, PatchClientBody } from './schemas.ts';
import { auditedClientFields, type ClientDoc, type ClientService, type OnClientCreated } from './service.ts';

export interface ClientManagementDeps {
  readonly repository: ClientRepository;
  readonly clients: ClientService;
  readonly users: UserService;
  readonly userManagement: UserManagement;
  readonly sessions: SessionService;
  readonly onClientCreated: OnClientCreated;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export interface ClientRef {
  readonly id: Types.ObjectId;
  /** The version that the change is based on; undefined takes any. */
  readonly version: number | undefined;
}

export type ClientManagement = ReturnType<typeof createClientManagement>;

/** What admins do with their own client, and operators with all of them. Who is neither sees only their own. */
export function createClientManagement(deps: ClientManagementDeps) {
  const { repository, clients, users, userManagement, sessions, audit, clock } = deps;

  return {
    async list(
      actor: Actor,
      { limit, order }: { limit: number; order: ListOrder<ClientDoc> },
    ): Promise<Page<ClientDoc>> {
      if (actor.isOperator)
        return toPage(await repository.listAcrossClients(order, limit + 1), limit, order.cursorOf);
      const own = await clients.find(scopeOf(actor.clientId));
      return { items: own === null ? [] : [own], nextCursor: null };
    },

    async get(actor: Actor, id: Types.ObjectId): Promise<ClientDoc> {
      const client = await clients.find(reachClient(actor, id));
      if (client === null) throw notFound('client');
      return client;
    },

    /** Makes a client and invites its first admin, all or nothing; throws `email-taken`. */
    async create(actor: Actor, body: CreateClientBody): Promise<{ client: ClientDoc; admin: UserDoc }> {
      if ((await users.findByEmailAcrossClients(body.admin.email)) !== null) throw emailTaken();
      const scope = scopeOf(newId());
      const by = byOf(actor);
      const fields = definedOf(body);
      return audit.audited(scope, by, async (session) => {
        const client = await clients.create(scope, { ...fields, createdAt: clock.now() }, session);
        const first = { ...body.admin, role: 'admin' } as const;
        const admin = await userManagement.inviteWithin(scope, by, first, session);
        await deps.onClientCreated(scope, session);
        return { result: { client, admin }, write: writeOf('created', null, client) };
      });
    },

    /** Changes what is given; whether the client is active, operators alone decide. */
    async update(actor: Actor, { id, version }: ClientRef, body: PatchClientBody): Promise<ClientDoc> {
      const scope = reachClient(actor, id);
      assertMayDecide(actor, id, body);
      const by = byOf(actor);
      return audit.audited(scope, by, async (session) => {
        const current = await clients.find(scope, session);
        if (current === null) throw notFound('client');
        if (version !== undefined && version !== current.version) throw lostRace();
        const change = differing(current, body);
        if (Object.keys(change).length === 0) return { result: current, write: null };
        const changed = await repository.update(scope, current, change, session);
        if (changed === null) throw lostRace();
        await endSessionsOfInactive({ sessions, scope, current, changed }, session);
        return { result: changed, write: writeOf('updated', current, changed) };
      });
    },
  };
}

/** The client that the actor may reach under this id: others than the own one are not there, but for operators. */
export function reachClient(actor: Actor, id: Types.ObjectId): ClientScope {
  if (!actor.isOperator && !id.equals(actor.clientId)) throw notFound('client');
  return scopeOf(id);
}

function assertMayDecide(actor: Actor, id: Types.ObjectId, { isActive }: PatchClientBody): void {
  if (isActive === undefined) return;
  if (!actor.isOperator) throw new AppError('forbidden', 'Only operators decide whether a client is active.');
  if (!isActive && id.equals(actor.clientId))
    throw new AppError('wrong-state', 'This is your own client: you would lock yourself out.');
}

/** So that they do not come back to life when the client is active again. */
async function endSessionsOfInactive(
  {
    sessions,
    scope,
    current,
    changed,
  }: { sessions: SessionService; scope: ClientScope; current: ClientDoc; changed: ClientDoc },
  session: ClientSession,
): Promise<void> {
  if (!current.isActive || changed.isActive) return;
  await sessions.endWithin(scope, {}, 'client-deactivated', session);
}

const byOf = ({ userId, isOperator }: Actor): AuditActor =>
  isOperator ? { type: 'operator', userId } : { type: 'user', userId };

const definedOf = ({ companyName, timezone, whatsappNumber, businessCategory }: CreateClientBody) => ({
  companyName,
  timezone,
  ...(whatsappNumber === undefined ? {} : { whatsappNumber }),
  ...(businessCategory === undefined ? {} : { businessCategory }),
});

const writeOf = (did: 'created' | 'updated', before: ClientDoc | null, after: ClientDoc) => ({
  action: `client.${did}`,
  target: { type: 'client', id: after._id },
  before: before === null ? null : auditedClientFields(before),
  after: auditedClientFields(after),
});

const lostRace = (): AppError =>
  new AppError('precondition-failed', 'Somebody else has changed the client since you read it.');
