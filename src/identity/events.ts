import { z } from 'zod';
import { defineEvents } from '../events/declare.ts';
import { UserRole, UserStatus } from './users/schemas.ts';

const UserFacts = z
  .object({ role: UserRole, status: UserStatus })
  .meta({ id: 'UserFacts', examples: [{ role: 'agent', status: 'active' }] });

const ofUser = { entity: 'user', audience: 'everyone', view: UserFacts } as const;

export const identityEvents = defineEvents({
  'user.created': { summary: 'A user joined or was invited', ...ofUser },
  'user.updated': { summary: 'A user was changed', ...ofUser },
});

type IdentityEvents = typeof identityEvents;

declare module '../events/declare.ts' {
  interface EventTypes extends IdentityEvents {}
}
