import { z } from 'zod';
import { objectIdText } from '../../platform/fields.ts';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { EmailText, LineText, notEmpty } from '../../platform/text-fields.ts';

export const UserRole = z.enum(['admin', 'agent']).meta({ id: 'UserRole' });
export const UserStatus = z
  .enum(['active', 'disabled'])
  .meta({ id: 'UserStatus', description: 'A disabled user cannot sign in' });

/** The fields that agents may see: enough to assign work. */
const colleagueFields = {
  id: z.string(),
  name: z.string(),
  role: UserRole,
  status: UserStatus,
  hasPassword: z.boolean().meta({ description: 'False until an invited user sets a password' }),
};

const colleagueExample = {
  id: '665f1c2ab7e4d3a9c8b01234',
  name: 'Jane Doe',
  role: 'admin',
  status: 'active',
  hasPassword: true,
} as const;

export const userExample = {
  ...colleagueExample,
  clientId: '665f1c2ab7e4d3a9c8b01200',
  email: 'jane@example.com',
  isOperator: false,
  invitedAt: null,
  emailConfirmedAt: '2026-11-23T08:05:00.000Z',
  emailChange: null,
  createdAt: '2026-11-23T08:00:00.000Z',
} as const;

const EmailChangeView = z
  .object({
    newEmail: z.string(),
    waitsFor: z
      .array(z.enum(['old', 'new']))
      .meta({ description: 'The mailboxes whose link was not used yet' }),
    startedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
  })
  .meta({
    id: 'EmailChange',
    examples: [
      {
        newEmail: 'jane.doe@example.com',
        waitsFor: ['old', 'new'],
        startedAt: '2026-11-23T09:00:00.000Z',
        expiresAt: '2026-11-24T09:00:00.000Z',
      },
    ],
  });

/** Lists its fields one by one, so that the password hash cannot slip in. */
export const UserView = z
  .object({
    ...colleagueFields,
    clientId: z.string(),
    email: z.string(),
    isOperator: z.boolean().meta({ description: 'Platform staff; granted on the server only' }),
    invitedAt: z.iso.datetime().nullable().meta({ description: 'Null if the user signed up' }),
    emailConfirmedAt: z.iso
      .datetime()
      .nullable()
      .meta({
        description:
          'When a link from a mail confirmed the address. While null, the user cannot invite others or connect a real ' +
          'number (`email-not-confirmed`); the sandbox works.',
      }),
    emailChange: EmailChangeView.nullable().meta({
      description:
        'A change of the address that waits for links from mails; null if there is none. One that has expired stays here ' +
        'until it is canceled or replaced.',
    }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'User', examples: [userExample] });
export type UserView = z.input<typeof UserView>;

export const ColleagueView = z
  .object({ ...colleagueFields, createdAt: z.iso.datetime() })
  .meta({ id: 'Colleague', examples: [{ ...colleagueExample, createdAt: userExample.createdAt }] });
export type ColleagueView = z.input<typeof ColleagueView>;

/** The first schema that matches wins, so the larger one comes first. */
export const UserOrColleagueView = z.union([UserView, ColleagueView]).meta({
  id: 'UserOrColleague',
  description: 'Admins see the whole user, agents the colleague',
  examples: [userExample],
});

export const UserPage = pageOf(UserOrColleagueView, 'UserPage');

export const ListUsersQuery = z.strictObject({
  ...pageQuery,
  role: UserRole.optional().meta({ description: 'Only users with this role' }),
  status: UserStatus.optional().meta({ description: 'Only users with this status' }),
  teamId: objectIdText.optional().meta({ description: 'Only the members of this team' }),
  q: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .optional()
    .meta({
      description:
        'The beginning of a name, ignoring accents and case; for admins also of an e-mail address, if it has an @. ' +
        'Sorts the list by the searched field.',
    }),
});

export const InviteUserBody = z
  .strictObject({
    name: LineText,
    email: EmailText,
    role: UserRole.default('agent'),
  })
  .meta({
    id: 'InviteUserBody',
    examples: [{ name: 'John Roe', email: 'john@example.com', role: 'agent' }],
  });
export type InviteUserBody = z.output<typeof InviteUserBody>;

export const PatchUserBody = z
  .strictObject({
    name: LineText.exactOptional(),
    role: UserRole.exactOptional(),
    status: UserStatus.exactOptional().meta({ description: '`disabled` ends all sessions of the user' }),
  })
  .refine(...notEmpty)
  .meta({ id: 'UpdateUserBody', examples: [{ role: 'admin' }] });
export type PatchUserBody = z.output<typeof PatchUserBody>;
