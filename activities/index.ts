import { createMessageActivities, type MessageActivityDeps } from './messages.ts';

/** All activities, by the name that workflows call. */
export const createActivities = (deps: MessageActivityDeps) => ({ ...createMessageActivities(deps) });

export type Activities = ReturnType<typeof createActivities>;
