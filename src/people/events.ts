import { z } from 'zod';
import { defineEvents } from '../events/declare.ts';
import { LeadStage } from './leads/schemas.ts';

const LeadFacts = z
  .object({
    contactId: z.string(),
    stage: LeadStage,
    assignedAgentId: z.string().nullable(),
  })
  .meta({
    id: 'LeadFacts',
    examples: [{ contactId: '665f1c2ab7e4d3a9c8b01220', stage: 'qualified', assignedAgentId: null }],
  });

const ofLead = { entity: 'lead', audience: 'everyone', view: LeadFacts } as const;

export const peopleEvents = defineEvents({
  'lead.created': { summary: 'A lead was created', ...ofLead },
  'lead.updated': { summary: 'A lead was changed', ...ofLead },
  'lead.deleted': { summary: 'A lead was deleted', ...ofLead },
});

type PeopleEvents = typeof peopleEvents;

declare module '../events/declare.ts' {
  interface EventTypes extends PeopleEvents {}
}
