import { z } from 'zod';

/** Never the password's hash: fields are listed one by one. */
export const UserView = z
  .object({
    id: z.string(),
    clientId: z.string(),
    name: z.string(),
    email: z.string(),
    role: z.enum(['admin', 'agent']),
    status: z.enum(['active', 'disabled']),
    isOperator: z.boolean(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'User' });
export type UserView = z.input<typeof UserView>;
