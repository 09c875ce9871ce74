import type { Types } from 'mongoose';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import { reachClient } from '../../identity/clients/management.ts';
import type { ClientService } from '../../identity/clients/service.ts';
import type { GateOpenings } from '../../openings/openings.ts';
import type { Actor } from '../../http/route.ts';
import { AppError, notFound } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { isDuplicateKey, scopeOf, type ClientScope } from '../../platform/mongo.ts';
import type { SendingPolicyDoc, SendingPolicyRepository } from './repository.ts';
import { wordIssues } from './rules.ts';
import type { PatchSendingPolicyBody } from './schemas.ts';

export type { SendingPolicyDoc } from './repository.ts';

export interface SendingPolicyManagementDeps {
  readonly policies: SendingPolicyRepository;
  readonly clients: Pick<ClientService, 'find'>;
  readonly audit: AuditService;
  /** Told in the same transaction when quiet hours change: what they hold looks again. */
  readonly openings: GateOpenings;
}

export interface PolicyRef {
  readonly clientId: Types.ObjectId;
  /** The version that the change is based on; undefined takes any. */
  readonly version: number | undefined;
}

export type SendingPolicyManagement = ReturnType<typeof createSendingPolicyManagement>;

/** What admins decide about the sending of their own client, and operators about that of all. */
export function createSendingPolicyManagement({
  policies,
  clients,
  audit,
  openings,
}: SendingPolicyManagementDeps) {
  async function reach(actor: Actor, clientId: Types.ObjectId): Promise<ClientScope> {
    const scope = reachClient(actor, clientId);
    if ((await clients.find(scope)) === null) throw notFound('client');
    return scope;
  }

  return {
    /** As it was decided, or as it is for a client that has decided nothing. */
    async get(actor: Actor, clientId: Types.ObjectId): Promise<SendingPolicyDoc> {
      const scope = await reach(actor, clientId);
      return (await policies.find(scope)) ?? undecided(scope);
    },

    /** Changes what is given; throws `precondition-failed` on a lost race. */
    async update(
      actor: Actor,
      { clientId, version }: PolicyRef,
      body: PatchSendingPolicyBody,
    ): Promise<SendingPolicyDoc> {
      const scope = await reach(actor, clientId);
      const write = audit.audited(scope, byOf(actor), async (session) => {
        const stored = await policies.find(scope, session);
        const current = stored ?? undecided(scope);
        if (version !== undefined && version !== current.version) throw lostRace();
        const next = changed(current, body);
        if (next === current) return { result: current, write: null };
        if (stored === null) await policies.insert(scope, next, session);
        else if (!(await policies.replace(scope, current, next, session))) throw lostRace();
        await openings.opened(scope, { gate: 'quiet-hours' }, session);
        return {
          result: next,
          write: {
            action: 'sending-policy.updated',
            target: { type: 'client', id: scope.clientId },
            before: decisionsOf(current),
            after: decisionsOf(next),
          },
        };
      });
      return write.catch((error: unknown) => {
        throw isDuplicateKey(error) ? lostRace() : error;
      });
    },
  };
}

const undecided = ({ clientId }: ClientScope): SendingPolicyDoc => ({
  _id: newId(),
  ...scopeOf(clientId),
  appliesTo: 'all',
  stopWords: {},
  startWords: {},
  replacesDefaults: false,
  version: 0,
});

/** The policy after the change; the same one when everything is so already. Throws when the words do not fit. */
function changed(current: SendingPolicyDoc, body: PatchSendingPolicyBody): SendingPolicyDoc {
  const { quietHours, ...others } = body;
  const { quietHours: before, ...rest } = current;
  const after = quietHours === undefined ? before : (quietHours ?? undefined);
  const next = { ...rest, ...others, ...(after === undefined ? {} : { quietHours: after }) };
  if (JSON.stringify(decisionsOf(next)) === JSON.stringify(decisionsOf(current))) return current;
  const issues = wordIssues(next).map(({ path, message }) => ({ path: `body.${path}`, message }));
  if (issues.length > 0)
    throw new AppError('invalid-input', 'The words do not fit together.', { errors: issues });
  return { ...next, version: current.version + 1 };
}

const decisionsOf = (policy: SendingPolicyDoc) => ({
  quietHours: policy.quietHours ?? null,
  appliesTo: policy.appliesTo,
  stopWords: policy.stopWords,
  startWords: policy.startWords,
  replacesDefaults: policy.replacesDefaults,
});

const byOf = ({ userId, isOperator }: Actor): AuditActor =>
  isOperator ? { type: 'operator', userId } : { type: 'user', userId };

const lostRace = (): AppError =>
  new AppError('precondition-failed', 'Somebody else has changed the policy since you read it.');
