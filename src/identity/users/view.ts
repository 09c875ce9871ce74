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

/** What colleagues see of each other. */
const toColleagueFields = (user: UserDoc) => ({
  id: user._id.toHexString(),
  name: user.name,
  role: user.role,
  status: user.status,
  hasPassword: user.passwordHash !== undefined,
  createdAt: user.createdAt.toISOString(),
});

export const toUserView = (user: UserDoc): UserView => ({
  ...toColleagueFields(user),
  clientId: user.clientId.toHexString(),
  email: user.email,
  isOperator: user.isOperator,
  invitedAt: user.invitedAt?.toISOString() ?? null,
  emailConfirmedAt: user.emailConfirmedAt?.toISOString() ?? null,
  emailChange: toEmailChangeView(user),
});

export const toColleagueView = (user: UserDoc): ColleagueView => toColleagueFields(user);
