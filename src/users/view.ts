import type { UserView } from './schemas.ts';
import type { UserDoc } from './service.ts';

export const toUserView = (user: UserDoc): UserView => ({
  id: user._id.toHexString(),
  clientId: user.clientId.toHexString(),
  name: user.name,
  email: user.email,
  role: user.role,
  status: user.status,
  isOperator: user.isOperator,
  createdAt: user.createdAt.toISOString(),
});
