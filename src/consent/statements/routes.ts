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
    summary: 'Get the history of consent of a contact',
    description:
      'Everything that was said about messages to this person, by whom and when. A stop has its proof: which messages ' +
      'it has canceled, and which were being handed to the provider at that moment.',
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
