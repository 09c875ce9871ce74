import type { Types } from 'mongoose';
import type { ResourceRef } from '../../audit/resource.ts';
import type { AuditService } from '../../audit/service.ts';
import { userOrOperatorOf } from '../../http/actor.ts';
import type { Actor } from '../../http/route.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError, notFound } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import type { ListOrder } from '../../platform/listing.ts';
import { type ClientScope, scopeOf } from '../../platform/mongo.ts';
import { type Page, toPage } from '../../platform/pagination.ts';
import { applyChange } from '../../platform/update.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { UserUseCases } from '../users/use-cases.ts';
import { emailTaken, type UserDoc, type UserDirectory } from '../users/directory.ts';
import type { ClientRepository } from './repository.ts';
import type { CreateClientBody, PatchClientBody } from './schemas.ts';
import type { ClientDoc, ClientDirectory, OnClientCreated } from './directory.ts';

export interface ClientUseCaseDeps {
  readonly repository: ClientRepository;
  readonly clients: ClientDirectory;
  readonly users: UserDirectory;
  readonly userUseCases: UserUseCases;
  readonly sessions: Sessions;
  readonly onClientCreated: OnClientCreated;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export type ClientUseCases = ReturnType<typeof createClientUseCases>;

/** The actions of admins on their own client and of operators on every client. Other users only read their own. */
export function createClientUseCases(deps: ClientUseCaseDeps) {
  const { repository, clients, users, userUseCases, sessions, audit, clock } = deps;

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
      return clients.resource.require(reachClient(actor, id), { id, version: undefined });
    },

    /** Creates a client and invites its first admin in one transaction; throws `email-not-confirmed`, `email-taken`. */
    async create(actor: Actor, body: CreateClientBody): Promise<{ client: ClientDoc; admin: UserDoc }> {
      await users.requireConfirmedEmail(scopeOf(actor.clientId), actor.userId);
      if ((await users.findByEmailAcrossClients(body.admin.email)) !== null) throw emailTaken();
      const scope = scopeOf(newId());
      const by = userOrOperatorOf(actor);
      const fields = definedOf(body);
      return audit.runInTransaction(async (session) => {
        const first = { ...body.admin, role: 'admin' } as const;
        const admin = await userUseCases.inviteWithin(scope, by, first, session);
        const client = await clients.create(scope, by, { ...fields, createdAt: clock.now() }, session);
        await deps.onClientCreated(scope, session);
        return { client, admin };
      });
    },

    /** Changes the given fields; throws `forbidden` if an admin sets `isActive`. */
    async update(actor: Actor, ref: ResourceRef, body: PatchClientBody): Promise<ClientDoc> {
      const scope = reachClient(actor, ref.id);
      assertMayDecide(actor, ref.id, body);
      return clients.resource.change(scope, userOrOperatorOf(actor), ref, {
        action: 'client.updated',
        async decide(current, session) {
          const next = applyChange(current, body);
          // Sessions that are not ended would work again after a reactivation.
          if (current.isActive && !next.isActive)
            await sessions.endWithin(scope, {}, 'client-deactivated', session);
          return next;
        },
      });
    },
  };
}

/** The scope of a client that the actor may access: their own, or any for operators. Throws `not-found`. */
export function reachClient(actor: Actor, id: Types.ObjectId): ClientScope {
  if (!actor.isOperator && !id.equals(actor.clientId)) throw notFound('client');
  return scopeOf(id);
}

function assertMayDecide(actor: Actor, id: Types.ObjectId, { isActive }: PatchClientBody): void {
  if (isActive === undefined) return;
  if (!actor.isOperator)
    throw new AppError('forbidden', 'Only operators can activate or deactivate a client.');
  if (!isActive && id.equals(actor.clientId))
    throw new AppError('wrong-state', 'You cannot deactivate your own client: you would lock yourself out.');
}

const definedOf = ({ companyName, timezone, whatsappNumber, businessCategory }: CreateClientBody) => ({
  companyName,
  timezone,
  ...(whatsappNumber === undefined ? {} : { whatsappNumber }),
  ...(businessCategory === undefined ? {} : { businessCategory }),
});
