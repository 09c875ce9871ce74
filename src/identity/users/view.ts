import type { ColleagueView, UserView } from './schemas.ts';
import type { UserDoc } from './directory.ts';
import { sidesToConfirm } from './email-change.ts';

function toEmailChangeView(user: UserDoc): UserView['emailChange'] {
  const { emailChange } = user;
  if (emailChange === undefined) return null;
  return {
    newEmail: emailChange.email,
    waitsFor: [...sidesToConfirm(user, emailChange)],
    startedAt: emailChange.startedAt.toISOString(),
    expiresAt: emailChange.expiresAt.toISOString(),
  };
}

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
  emailChange: toEmailChangeView(user),
  createdAt: user.createdAt.toISOString(),
});

export const toColleagueView = (user: UserDoc): ColleagueView => ({
  id: user._id.toHexString(),
  name: user.name,
  role: user.role,
  status: user.status,
  createdAt: user.createdAt.toISOString(),
});
