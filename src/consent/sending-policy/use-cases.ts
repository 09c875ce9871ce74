import type { ClientSession, Types } from 'mongoose';
import { createResource, type ResourceRef } from '../../audit/resource.ts';
import type { AuditService } from '../../audit/service.ts';
import { type Recorded, writtenTo } from '../../audit/written.ts';
import type { NewEvent } from '../../events/declare.ts';
import { reachClient } from '../../identity/clients/use-cases.ts';
import type { ClientDirectory } from '../../identity/clients/directory.ts';
import type { AwaitCalls } from '../../openings/closings.ts';
import type { GateOpenings } from '../../openings/openings.ts';
import { userOrOperatorOf } from '../../http/actor.ts';
import type { Actor } from '../../http/route.ts';
import { AppError, notFound } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { scopeOf, type ClientScope } from '../../platform/mongo.ts';
import type { SendingPolicyDoc, SendingPolicyRepository } from './repository.ts';
import { wordIssues } from './rules.ts';
import type { PatchSendingPolicyBody } from './schemas.ts';

export type { SendingPolicyDoc } from './repository.ts';

export interface SendingPolicyUseCaseDeps {
  readonly policies: SendingPolicyRepository;
  readonly clients: Pick<ClientDirectory, 'find'>;
  readonly audit: AuditService;
  /** Records a policy change in the same transaction, so that messages held by quiet hours check again. */
  readonly openings: GateOpenings;
  readonly awaitCalls: AwaitCalls;
}

export type SendingPolicyUseCases = ReturnType<typeof createSendingPolicyUseCases>;

/** Admins manage the policy of their own client, operators that of every client. */
export function createSendingPolicyUseCases({
  policies,
  clients,
  audit,
  openings,
  awaitCalls,
}: SendingPolicyUseCaseDeps) {
  const find = async (scope: ClientScope, session?: ClientSession): Promise<SendingPolicyDoc> =>
    (await policies.find(scope, session)) ?? defaultPolicy(scope);

  const resource = createResource<SendingPolicyDoc>(audit, {
    type: 'sending-policy',
    noun: 'sending policy',
    find: (scope, _id, session) => find(scope, session),
    replace: policies.replace,
    auditedFieldsOf: decisionsOf,
    targetOf: ({ clientId: id }) => ({ type: 'client', id }),
    eventOf: policyEventOf,
    afterChange: (scope, _written, session) => openings.opened(scope, { gate: 'quiet-hours' }, session),
  });

  async function reach(actor: Actor, clientId: Types.ObjectId): Promise<ClientScope> {
    const scope = reachClient(actor, clientId);
    if ((await clients.find(scope)) === null) throw notFound('client');
    return scope;
  }

  return {
    /** The stored policy, or the defaults. */
    get: async (actor: Actor, clientId: Types.ObjectId): Promise<SendingPolicyDoc> =>
      find(await reach(actor, clientId)),

    /** Changes the given fields. The id of `ref` is the client's. */
    async update(actor: Actor, ref: ResourceRef, body: PatchSendingPolicyBody): Promise<SendingPolicyDoc> {
      const scope = await reach(actor, ref.id);
      const policy = await resource.change(scope, userOrOperatorOf(actor), ref, {
        action: 'sending-policy.updated',
        decide: (current) => patched(current, body),
      });
      // The quiet hours may have begun.
      if (policy.quietHours !== undefined) await awaitCalls(scope, {});
      return policy;
    },
  };
}

const defaultPolicy = ({ clientId }: ClientScope): SendingPolicyDoc => ({
  _id: newId(),
  ...scopeOf(clientId),
  appliesTo: 'all',
  stopWords: {},
  startWords: {},
  replacesDefaults: false,
  version: 0,
});

/** The policy after the change; the same object if nothing differs. Throws `invalid-input` if the words conflict. */
function patched(current: SendingPolicyDoc, body: PatchSendingPolicyBody): SendingPolicyDoc {
  const { quietHours, ...others } = body;
  const { quietHours: before, ...rest } = current;
  const after = quietHours === undefined ? before : (quietHours ?? undefined);
  const next = { ...rest, ...others, ...(after === undefined ? {} : { quietHours: after }) };
  if (JSON.stringify(decisionsOf(next)) === JSON.stringify(decisionsOf(current))) return current;
  const issues = wordIssues(next).map(({ path, message }) => ({ path: `body.${path}`, message }));
  if (issues.length > 0)
    throw new AppError('invalid-input', 'The stop and start words are not valid.', { errors: issues });
  return next;
}

const decisionsOf = (policy: SendingPolicyDoc) => ({
  quietHours: policy.quietHours ?? null,
  appliesTo: policy.appliesTo,
  stopWords: policy.stopWords,
  startWords: policy.startWords,
  replacesDefaults: policy.replacesDefaults,
});

/** The live event of a change. A business has one policy, so its own id stands for it. */
function policyEventOf(written: Recorded<SendingPolicyDoc>): NewEvent {
  const { doc, version } = writtenTo(written);
  const { clientId: id, quietHours } = doc;
  return {
    type: 'sending-policy.updated',
    entity: { type: 'sending-policy', id },
    version,
    view: { hasQuietHours: quietHours !== undefined },
  };
}
