import { createMessageActivities, type MessageActivityDeps } from './messages.ts';

/** All activities by the name under which workflows call them. */
export const createActivities = (deps: MessageActivityDeps) => ({ ...createMessageActivities(deps) });

export type Activities = ReturnType<typeof createActivities>;
