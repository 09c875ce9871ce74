import type { ColleagueView, UserView } from './schemas.ts';
import type { UserDoc } from './directory.ts';

export const toUserView = (user: UserDoc): UserView => ({
  id: user._id.toHexString(),
  clientId: user.clientId.toHexString(),
  name: user.name,
  email: user.email,
  role: user.role,
  status: user.status,
  isOperator: user.isOperator,
  hasPassword: user.passwordHash !== undefined,
  invitedAt: user.invitedAt?.toISOString() ?? null,
  emailConfirmedAt: user.emailConfirmedAt?.toISOString() ?? null,
  createdAt: user.createdAt.toISOString(),
});

export const toColleagueView = (user: UserDoc): ColleagueView => ({
  id: user._id.toHexString(),
  name: user.name,
  role: user.role,
  status: user.status,
  createdAt: user.createdAt.toISOString(),
});
