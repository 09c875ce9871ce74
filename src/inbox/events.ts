import { z } from 'zod';
import { defineEvents } from '../events/declare.ts';
import { InboxSettingsView } from './settings/schemas.ts';

const BusinessHoursFacts = z
  .object({ name: z.string(), zone: z.string().meta({ description: 'An IANA time zone' }) })
  .meta({ id: 'BusinessHoursFacts', examples: [{ name: 'Office Berlin', zone: 'Europe/Berlin' }] });

const ofHours = { entity: 'business-hours', audience: 'everyone', view: BusinessHoursFacts } as const;

export const inboxEvents = defineEvents({
  'business-hours.created': { summary: 'Business hours were created', ...ofHours },
  'business-hours.updated': { summary: 'Business hours were changed', ...ofHours },
  'business-hours.deleted': { summary: 'Business hours were deleted', ...ofHours },
  'inbox-settings.updated': {
    summary: 'The settings of the inbox were changed; the id is that of the business',
    ...{ entity: 'inbox-settings', audience: 'everyone', view: InboxSettingsView },
  },
});

type InboxEvents = typeof inboxEvents;

declare module '../events/declare.ts' {
  interface EventTypes extends InboxEvents {}
}
