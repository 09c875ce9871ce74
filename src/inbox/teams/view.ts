import type { TeamView } from './schemas.ts';
import type { TeamDoc } from './use-cases.ts';

export const toTeamView = ({ _id, name, userIds, createdAt }: TeamDoc): TeamView => ({
  id: _id.toHexString(),
  name,
  userIds: userIds.map((id) => id.toHexString()),
  createdAt: createdAt.toISOString(),
});
