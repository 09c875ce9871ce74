import { etagOf, expectedVersion } from '../../http/etag.ts';
import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import type { SendingPolicyDoc, SendingPolicyManagement } from './management.ts';
import { PatchSendingPolicyBody, SendingPolicyView } from './schemas.ts';
import { toSendingPolicyView } from './view.ts';

const tag = 'Clients';
const access = ['admin', 'operator'] as const;

const answer = (policy: SendingPolicyDoc) =>
  ({ status: 200, body: toSendingPolicyView(policy), headers: { etag: etagOf(policy.version) } }) as const;

export const sendingPolicyRoutes = ({ management }: { management: SendingPolicyManagement }) => [
  route({
    method: 'get',
    path: '/api/clients/:id/sending-policy',
    summary: 'Get the sending policy of a client',
    description:
      'Quiet hours and the words by which contacts opt out and in. Of the own client; operators of any.',
    tag,
    access,
    params: idParams,
    replies: { 200: SendingPolicyView },
    handle: async ({ actor, params }) => answer(await management.get(actor, params.id)),
  }),
  route({
    method: 'patch',
    path: '/api/clients/:id/sending-policy',
    summary: 'Change the sending policy of a client',
    description:
      'Changes the fields given; `quietHours: null` ends quiet hours, and a list of words takes the place of the one ' +
      'before. It holds within two seconds. With `If-Match` a change based on an older state is refused with 412.',
    tag,
    access,
    params: idParams,
    body: PatchSendingPolicyBody,
    replies: { 200: SendingPolicyView },
    problems: ['precondition-failed'],
    async handle({ actor, params, body, request }) {
      const ref = { clientId: params.id, version: expectedVersion(request) };
      return answer(await management.update(actor, ref, body));
    },
  }),
];
