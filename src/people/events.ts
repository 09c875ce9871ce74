import { z } from 'zod';
import { defineEvents } from '../events/declare.ts';
import { OptInStatus } from './contacts/schemas.ts';
import { CustomFieldType } from './custom-fields/schemas.ts';
import { ImportState } from './imports/schemas.ts';
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

const ContactFacts = z
  .object({
    optInStatus: OptInStatus,
    isBlocked: z.boolean(),
    marketingStopped: z.boolean(),
  })
  .meta({
    id: 'ContactFacts',
    examples: [{ optInStatus: 'opted-in', isBlocked: false, marketingStopped: false }],
  });

const CustomFieldFacts = z
  .object({ key: z.string(), type: CustomFieldType, isArchived: z.boolean() })
  .meta({ id: 'CustomFieldFacts', examples: [{ key: 'plan', type: 'select', isArchived: false }] });

const TagFacts = z.object({ name: z.string() }).meta({ id: 'TagFacts', examples: [{ name: 'Retail' }] });

const ContactGroupFacts = z.object({ name: z.string() }).meta({
  id: 'ContactGroupFacts',
  examples: [{ name: 'Guests of the fair' }],
});

const SegmentFacts = z.object({ name: z.string() }).meta({
  id: 'SegmentFacts',
  examples: [{ name: 'Quiet VIPs' }],
});

const ImportFacts = z
  .object({
    state: ImportState,
    rows: z.int().nullable().meta({ description: 'Null until they are counted' }),
  })
  .meta({ id: 'ImportFacts', examples: [{ state: 'ready', rows: 1_200 }] });

const ofContact = { entity: 'contact', audience: 'everyone', view: ContactFacts } as const;
const ofField = { entity: 'custom-field', audience: 'everyone', view: CustomFieldFacts } as const;
const ofImport = { entity: 'import', audience: 'admins', view: ImportFacts } as const;
const ofLead = { entity: 'lead', audience: 'everyone', view: LeadFacts } as const;

const ofGroup = { entity: 'contact-group', audience: 'everyone', view: ContactGroupFacts } as const;
const ofTag = { entity: 'tag', audience: 'everyone', view: TagFacts } as const;
const ofSegment = { entity: 'segment', audience: 'everyone', view: SegmentFacts } as const;

export const peopleEvents = defineEvents({
  'contact.created': { summary: 'A contact was created', ...ofContact },
  'contact.updated': { summary: 'A contact was changed', ...ofContact },
  'contact.deleted': { summary: 'A contact was deleted', ...ofContact },
  'contact-group.created': { summary: 'A contact group was created', ...ofGroup },
  'contact-group.updated': { summary: 'A contact group was renamed', ...ofGroup },
  'contact-group.deleted': { summary: 'A contact group was deleted', ...ofGroup },
  'custom-field.created': { summary: 'A custom field was created', ...ofField },
  'custom-field.updated': { summary: 'A custom field was changed, archived or restored', ...ofField },
  'custom-field.deleted': { summary: 'A custom field was deleted', ...ofField },
  'import.created': { summary: 'A file of contacts arrives', ...ofImport },
  'import.updated': { summary: 'An import has another state', ...ofImport },
  'import.deleted': { summary: 'The upload of a file was given up', ...ofImport },
  'lead.created': { summary: 'A lead was created', ...ofLead },
  'lead.updated': { summary: 'A lead was changed', ...ofLead },
  'lead.deleted': { summary: 'A lead was deleted', ...ofLead },
  'segment.created': { summary: 'A segment was created', ...ofSegment },
  'segment.updated': { summary: 'A segment was changed', ...ofSegment },
  'segment.deleted': { summary: 'A segment was deleted', ...ofSegment },
  'tag.created': { summary: 'A tag was created, also by a contact that got it', ...ofTag },
  'tag.updated': { summary: 'A tag was renamed', ...ofTag },
  'tag.deleted': { summary: 'A tag was deleted', ...ofTag },
});

type PeopleEvents = typeof peopleEvents;

declare module '../events/declare.ts' {
  interface EventTypes extends PeopleEvents {}
}
