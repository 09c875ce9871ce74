import { z } from 'zod';
import {
  checkConsentPair,
  checkNotEmpty,
  ConsentBody,
  NameText,
  OptInStatus,
  personQuery,
  PhoneText,
} from '../contacts/schemas.ts';
import { TagList } from '../contacts/tag-schemas.ts';
import { objectIdText } from '../../platform/fields.ts';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { AdReferralView } from './ad-referral.ts';
import { leadStages } from './rules.ts';

export const LeadStage = z.enum(leadStages).meta({ id: 'LeadStage' });

const AgentId = objectIdText.meta({ description: 'An active user of the business' });

/** Fields of the contact. */
const contactPart = {
  optInStatus: OptInStatus.optional(),
  consent: ConsentBody.optional(),
};

export const CreateLeadBody = z
  .strictObject({
    phoneNumber: PhoneText.optional(),
    contactId: objectIdText.optional(),
    name: NameText.optional(),
    stage: LeadStage.optional().meta({ description: '`new` if not given' }),
    tags: TagList.optional(),
    ...contactPart,
    assignedAgentId: AgentId.optional(),
  })
  .superRefine((body, context) => {
    checkConsentPair(body, context, false);
    if ((body.phoneNumber === undefined) !== (body.contactId === undefined)) return;
    const message = 'Give either phoneNumber or contactId.';
    context.addIssue({ code: 'custom', path: ['phoneNumber'], message });
  })
  .meta({
    id: 'CreateLeadBody',
    examples: [
      {
        phoneNumber: '+15550001001',
        name: 'Ana Souza',
        stage: 'new',
        tags: ['vip', 'berlin'],
        optInStatus: 'opted-in',
        consent: { source: 'web form', wording: 'Yes, send me offers.' },
      },
    ],
  });

export const PatchLeadBody = z
  .strictObject({
    name: NameText.nullable().optional(),
    stage: LeadStage.optional(),
    tags: TagList.optional(),
    ...contactPart,
    assignedAgentId: AgentId.nullable().optional(),
  })
  .superRefine((body, context) => {
    checkNotEmpty(body, context);
    checkConsentPair(body, context, true);
  })
  .meta({
    id: 'UpdateLeadBody',
    examples: [{ stage: 'qualified', assignedAgentId: '665f1c2ab7e4d3a9c8b01234' }],
  });

export const ListLeadsQuery = z.strictObject({
  ...pageQuery,
  stage: LeadStage.optional().meta({ description: 'Only leads at this stage' }),
  assignedAgentId: z
    .union([z.literal('none'), objectIdText], { error: 'Must be the id of a user, or none.' })
    .optional()
    .meta({ description: 'The id of a user, or `none` for unassigned leads' }),
  ...personQuery,
});

export const LeadView = z
  .object({
    id: z.string(),
    contactId: z.string(),
    phoneNumber: z.string().nullable().meta({ description: 'Of the contact' }),
    name: z.string().nullable().meta({ description: 'Of the contact' }),
    username: z.string().nullable().meta({ description: 'Of the contact' }),
    optInStatus: OptInStatus.meta({ description: 'Of the contact' }),
    stage: LeadStage,
    tags: z.array(z.string()),
    assignedAgentId: z.string().nullable(),
    source: AdReferralView.nullable().meta({
      description: 'The advertisement that brought the contact first; null if none is known',
    }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({
    id: 'Lead',
    examples: [
      {
        id: '665f1c2ab7e4d3a9c8b01230',
        contactId: '665f1c2ab7e4d3a9c8b01220',
        phoneNumber: '+15550001001',
        name: 'Ana Souza',
        username: 'ana.souza',
        optInStatus: 'opted-in',
        stage: 'qualified',
        tags: ['vip', 'berlin'],
        assignedAgentId: '665f1c2ab7e4d3a9c8b01234',
        source: null,
        createdAt: '2026-11-23T08:20:00.000Z',
        updatedAt: '2026-11-23T08:40:00.000Z',
      },
    ],
  });
export type LeadView = z.input<typeof LeadView>;

export const LeadPage = pageOf(LeadView, 'LeadPage');
