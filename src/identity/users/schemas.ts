import { z } from 'zod';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { EmailText, LineText, notEmpty } from '../../platform/text-fields.ts';

const roles = ['admin', 'agent'] as const;
const statuses = ['active', 'disabled'] as const;
const exampleId = '665f1c2ab7e4d3a9c8b01234';

/** What colleagues may know of each other: enough to assign work. */
const colleagueFields = {
  id: z.string().meta({ examples: [exampleId] }),
  name: z.string().meta({ examples: ['Jane Doe'] }),
  role: z.enum(roles),
  status: z.enum(statuses).meta({ description: 'A disabled user cannot sign in' }),
};

/** Never the password's hash: fields are listed one by one. */
export const UserView = z
  .object({
    ...colleagueFields,
    clientId: z.string().meta({ examples: [exampleId] }),
    email: z.string().meta({ examples: ['jane@example.com'] }),
    isOperator: z.boolean().meta({ description: 'Staff of the platform; granted on the server only' }),
    hasPassword: z.boolean().meta({ description: 'False until somebody who was invited has set one' }),
    invitedAt: z.iso.datetime().nullable().meta({ description: 'Null for who signed up' }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'User' });
export type UserView = z.input<typeof UserView>;

export const ColleagueView = z.object(colleagueFields).meta({ id: 'Colleague' });
export type ColleagueView = z.input<typeof ColleagueView>;

/** The first that fits: whole users for admins, colleagues for agents. */
export const UserOrColleagueView = z.union([UserView, ColleagueView]);

export const UserPage = pageOf(UserOrColleagueView);

export const ListUsersQuery = z.strictObject({
  ...pageQuery,
  role: z.enum(roles).optional(),
  status: z.enum(statuses).optional(),
  q: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .optional()
    .meta({
      description:
        'The beginning of a name, whatever its accents and case; for admins also of an e-mail address, if it has ' +
        'an @. The list is then sorted by what was searched, else the newest come first.',
      examples: ['jan'],
    }),
});

export const InviteUserBody = z.strictObject({
  name: LineText.meta({ examples: ['Jane Doe'] }),
  email: EmailText,
  role: z.enum(roles).default('agent'),
});
export type InviteUserBody = z.output<typeof InviteUserBody>;

export const PatchUserBody = z
  .strictObject({
    name: LineText.exactOptional().meta({ examples: ['Jane Doe'] }),
    role: z.enum(roles).exactOptional(),
    status: z
      .enum(statuses)
      .exactOptional()
      .meta({ description: '`disabled` ends all sessions of the user' }),
  })
  .refine(...notEmpty);
export type PatchUserBody = z.output<typeof PatchUserBody>;
