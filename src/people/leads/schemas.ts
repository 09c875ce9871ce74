import { z } from 'zod';
import { optInStatuses } from '../contacts/rules.ts';
import {
  checkConsentPair,
  checkNotEmpty,
  ConsentBody,
  NameText,
  OptInStatusText,
  personQuery,
  PhoneText,
  TagList,
} from '../contacts/schemas.ts';
import { objectIdText } from '../../platform/fields.ts';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { leadStages } from './rules.ts';

const exampleId = '665f1c2ab7e4d3a9c8b01234';

const StageText = z.enum(leadStages);

const AgentId = objectIdText.meta({ description: 'An active user of the business', examples: [exampleId] });

/** What is the contact's own, and is changed there. */
const contactPart = {
  optInStatus: OptInStatusText.optional(),
  consent: ConsentBody.optional(),
};

export const CreateLeadBody = z
  .strictObject({
    phoneNumber: PhoneText.optional(),
    contactId: objectIdText.optional().meta({ examples: [exampleId] }),
    name: NameText.optional(),
    stage: StageText.optional().meta({ description: '`new` if nothing else is said' }),
    tags: TagList.optional(),
    ...contactPart,
    assignedAgentId: AgentId.optional(),
  })
  .superRefine((body, context) => {
    checkConsentPair(body, context, false);
    if ((body.phoneNumber === undefined) !== (body.contactId === undefined)) return;
    const message = 'Name the person by either phoneNumber or contactId.';
    context.addIssue({ code: 'custom', path: ['phoneNumber'], message });
  });

export const PatchLeadBody = z
  .strictObject({
    name: NameText.nullable().optional(),
    stage: StageText.optional(),
    tags: TagList.optional(),
    ...contactPart,
    assignedAgentId: AgentId.nullable().optional(),
  })
  .superRefine((body, context) => {
    checkNotEmpty(body, context);
    checkConsentPair(body, context, true);
  });

export const ListLeadsQuery = z.strictObject({
  ...pageQuery,
  stage: StageText.optional(),
  assignedAgentId: z
    .union([z.literal('none'), objectIdText], { error: 'Must be the id of a user, or none.' })
    .optional()
    .meta({ description: 'The id of a user, or `none` for what nobody has taken', examples: ['none'] }),
  ...personQuery,
});

export const LeadView = z
  .object({
    id: z.string().meta({ examples: [exampleId] }),
    contactId: z.string(),
    phoneNumber: z
      .string()
      .nullable()
      .meta({ description: 'The contact’s', examples: ['+15550001001'] }),
    name: z
      .string()
      .nullable()
      .meta({ description: 'The contact’s', examples: ['Ana Souza'] }),
    optInStatus: z.enum(optInStatuses).meta({ description: 'The contact’s' }),
    stage: z.enum(leadStages),
    tags: z.array(z.string()),
    assignedAgentId: z.string().nullable(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Lead' });
export type LeadView = z.input<typeof LeadView>;

export const LeadPage = pageOf(LeadView);
