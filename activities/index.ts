import { createImportActivities, type ImportActivityDeps } from './imports.ts';
import { createMediaActivities, type MediaActivityDeps } from './media.ts';
import { createMessageActivities, type MessageActivityDeps } from './messages.ts';

/** All activities, by the name that workflows call. */
export const createActivities = (deps: MessageActivityDeps & MediaActivityDeps & ImportActivityDeps) => ({
  ...createMessageActivities(deps),
  ...createMediaActivities(deps),
  ...createImportActivities(deps),
});

export type Activities = ReturnType<typeof createActivities>;
