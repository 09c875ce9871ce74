import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { scopeOf } from '../../platform/mongo.ts';
import type { ConsentHistory } from './history.ts';
import { ConsentHistoryView } from './schemas.ts';
import { toConsentHistoryView } from './view.ts';

export const consentRoutes = ({ history }: { history: ConsentHistory }) => [
  route({
    method: 'get',
    path: '/api/contacts/:id/consent',
    operationId: 'getConsentHistory',
    summary: 'Get the consent history of a contact',
    description:
      'Every change of consent, with who recorded it and when. An opt-out has a proof: the messages that it ' +
      'canceled, and those that were being handed to the provider at that moment.',
    tag: 'Contacts',
    access: ['admin', 'agent'],
    params: idParams,
    replies: { 200: ConsentHistoryView },
    async handle({ actor, params }) {
      return {
        status: 200,
        body: toConsentHistoryView(await history.of(scopeOf(actor.clientId), params.id)),
      };
    },
  }),
];
