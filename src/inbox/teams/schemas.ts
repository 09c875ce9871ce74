import { z } from 'zod';
import { objectIdText } from '../../platform/fields.ts';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { LineText, notEmpty } from '../../platform/text-fields.ts';
import { maxMembers } from './model.ts';

const name = LineText.max(60);
const aboutMembers = 'Users of the business. A disabled user stays a member, and gets nothing meanwhile';

const userIds = z
  .array(objectIdText)
  .max(maxMembers)
  .superRefine((ids, context) => {
    const texts = ids.map(String);
    for (const [index, id] of texts.entries()) {
      if (texts.indexOf(id) < index)
        context.addIssue({ code: 'custom', path: [index], message: 'The user occurs twice.' });
    }
  })
  .meta({ description: aboutMembers });

export const CreateTeamBody = z
  .strictObject({ name, userIds: userIds.default([]) })
  .meta({ id: 'CreateTeamBody', examples: [{ name: 'Billing', userIds: [] }] });

export const PatchTeamBody = z
  .strictObject({ name: name.exactOptional(), userIds: userIds.exactOptional() })
  .refine(...notEmpty)
  .meta({ id: 'UpdateTeamBody', examples: [{ name: 'Billing and refunds', userIds: [] }] });

export const ListTeamsQuery = z.strictObject(pageQuery);

export const TeamView = z
  .object({
    id: z.string(),
    name: z.string(),
    userIds: z.array(z.string()).meta({ description: aboutMembers }),
    createdAt: z.iso.datetime(),
  })
  .meta({
    id: 'Team',
    examples: [
      {
        ...{ id: '665f1f77bcf86cd799439071', name: 'Billing', userIds: ['665f1c2ab7e4d3a9c8b01234'] },
        createdAt: '2026-11-23T09:00:00.000Z',
      },
    ],
  });
export type TeamView = z.input<typeof TeamView>;

export const TeamPage = pageOf(TeamView, 'TeamPage');
