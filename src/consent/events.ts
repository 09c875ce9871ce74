import { z } from 'zod';
import { defineEvents } from '../events/declare.ts';

const SendingPolicyFacts = z
  .object({ hasQuietHours: z.boolean() })
  .meta({ id: 'SendingPolicyFacts', examples: [{ hasQuietHours: true }] });

export const consentEvents = defineEvents({
  'sending-policy.updated': {
    summary: 'The sending policy was changed; the id is that of the business',
    ...{ entity: 'sending-policy', audience: 'admins', view: SendingPolicyFacts },
  },
});

type ConsentEvents = typeof consentEvents;

declare module '../events/declare.ts' {
  interface EventTypes extends ConsentEvents {}
}
