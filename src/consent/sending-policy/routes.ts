import { etagOf, refOf } from '../../http/etag.ts';
import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import type { SendingPolicyDoc, SendingPolicyUseCases } from './use-cases.ts';
import { PatchSendingPolicyBody, SendingPolicyView } from './schemas.ts';
import { toSendingPolicyView } from './view.ts';

const tag = 'Clients';
const access = ['admin', 'operator'] as const;

const answer = (policy: SendingPolicyDoc) =>
  ({ status: 200, body: toSendingPolicyView(policy), headers: { etag: etagOf(policy.version) } }) as const;

export const sendingPolicyRoutes = ({ useCases }: { useCases: SendingPolicyUseCases }) => [
  route({
    method: 'get',
    path: '/api/clients/:id/sending-policy',
    operationId: 'getSendingPolicy',
    summary: 'Get the sending policy of a client',
    description:
      'Quiet hours, and the words that opt contacts out and in. Admins get the policy of their own client, ' +
      'operators of any.',
    tag,
    access,
    params: idParams,
    sendsETag: true,
    replies: { 200: SendingPolicyView },
    handle: async ({ actor, params }) => answer(await useCases.get(actor, params.id)),
  }),
  route({
    method: 'patch',
    path: '/api/clients/:id/sending-policy',
    operationId: 'updateSendingPolicy',
    summary: 'Change the sending policy of a client',
    description:
      'Changes only the given fields. `quietHours: null` ends quiet hours; a list of words replaces the ' +
      'previous list. Takes effect within two seconds.',
    tag,
    access,
    params: idParams,
    body: PatchSendingPolicyBody,
    sendsETag: true,
    replies: { 200: SendingPolicyView },
    problems: ['precondition-failed'],
    async handle({ actor, params, body, request }) {
      const ref = refOf(params.id, request);
      return answer(await useCases.update(actor, ref, body));
    },
  }),
];
